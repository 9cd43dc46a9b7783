import { cleanText } from '../../core/text/sanitise.ts';

const LANGUAGES: Record<string, string> = {
  c: 'c',
  cc: 'cpp',
  cpp: 'cpp',
  cs: 'csharp',
  css: 'css',
  go: 'go',
  h: 'c',
  html: 'html',
  java: 'java',
  js: 'js',
  json: 'json',
  jsx: 'jsx',
  kt: 'kotlin',
  md: 'markdown',
  mjs: 'js',
  cjs: 'js',
  php: 'php',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  sh: 'sh',
  sql: 'sql',
  swift: 'swift',
  toml: 'toml',
  ts: 'ts',
  tsx: 'tsx',
  xml: 'xml',
  yaml: 'yaml',
  yml: 'yaml',
};

/** The language of a file by its name, in the words of code fences; empty when unknown. */
export function languageOf(file: string): string {
  const extension = /\.([^./\\]+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(LANGUAGES, extension) ? LANGUAGES[extension]! : '';
}

/** A fenced block that nothing in `text` can end. */
export function fence(text: string, language = ''): string {
  const clean = cleanText(text);
  const longest = (clean.match(/`{3,}/g) ?? []).reduce((max, run) => Math.max(max, run.length), 2);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${clean}${clean.endsWith('\n') || clean === '' ? '' : '\n'}${ticks}`;
}

/** An inline code span that nothing in `text` can end. */
export function code(text: string): string {
  const clean = cleanText(text).replace(/\n/g, '⏎');
  const longest = (clean.match(/`+/g) ?? []).reduce((max, run) => Math.max(max, run.length), 0);
  const ticks = '`'.repeat(longest + 1);
  const pad = /^`|`$|^ .* $/.test(clean) ? ' ' : '';
  return clean === '' ? '(empty)' : `${ticks}${pad}${clean}${pad}${ticks}`;
}

/** For a cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\n/g, ' ');

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** `1.2 kB` and the like. */
export function showBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
