import type { Plugin } from 'vite';

/** Between two of the sheets in one file; a tight sheet has no comments. */
const SEPARATOR = '/**/';
/** Between the sheets of one chunk and those of the next. */
const NEXT_CHUNK = '/*|*/';
/** Chunks whose sheets stand in a file, in its order. */
const IN_FILE = ['page', 'sessions', 'welcome'];
/** Marks a template as one that may leave its chunk; what stands in it is never read by a browser. */
const MARK = '/*!sheet*/';

/**
 * The style sheets of the components, in a build: without comments and white space, which no minifier of scripts
 * touches, and outside of the scripts of the first load. Those of the first frame stand in the page itself; those
 * of what comes behind it in a file, which the browser fetches beside the script and which
 * src/app/ui/styles/sheets.ts reads.
 */
export function componentStyles(): Plugin[] {
  const sheets = new Map(['frame', ...IN_FILE].map((name) => [name, [] as string[]]));
  let file = '';
  return [
    {
      name: 'aperture-tight-templates',
      apply: 'build',
      transform: {
        filter: { id: /src\/app\/ui\/.*\.ts$/ },
        handler: (code) => ({
          code: code
            .replace(/(?<=\bcss`)[^`]*(?=`)/g, (css) => {
              const tight = tighten(css);
              return css.includes('${') ? tight : MARK + tight;
            })
            // Lines end and begin in templates of HTML (and of SVG) only; elsewhere they are what prettier made.
            .replace(/\n\s+/g, '\n '),
          // What stays is in the module it was in, which is what tests/bench/first-load.mjs asks.
          map: null,
        }),
      },
    },
    {
      name: 'aperture-style-files',
      apply: 'build',
      renderChunk(code, { name }) {
        if (!code.includes(MARK)) return null;
        const own = sheets.get(name);
        if (!own) return { code: code.replaceAll(MARK, ''), map: null };
        own.length = 0;
        const rest = code.replace(/`\/\*!sheet\*\/([^`]*)`/g, (_, css: string) => {
          // A template’s tag is a function like any other: it is given what would be the template’s only string.
          return `([ownSheets[${own.push(css) - 1}]])`;
        });
        const inPage = `document.getElementById("sheets").content.textContent.split("${SEPARATOR}")`;
        const at = name === 'frame' ? inPage : `pageSheets[${IN_FILE.indexOf(name)}]`;
        return { code: `const ownSheets = ${at};\n${rest}`, map: null };
      },
      generateBundle() {
        const source = IN_FILE.map((name) => sheets.get(name)!.join(SEPARATOR)).join(NEXT_CHUNK);
        file = this.getFileName(this.emitFile({ type: 'asset', name: 'page.css', source }));
      },
      transformIndexHtml: {
        order: 'post',
        handler: () => [
          {
            tag: 'link',
            injectTo: 'head',
            attrs: { rel: 'preload', as: 'fetch', crossorigin: '', href: `./${file}` },
          },
          {
            tag: 'template',
            injectTo: 'body',
            attrs: { id: 'sheets' },
            children: sheets
              .get('frame')!
              .join(SEPARATOR)
              .replaceAll('&', '&amp;')
              .replaceAll('<', '&lt;'),
          },
        ],
      },
    },
  ];
}

const tighten = (css: string): string =>
  css
    // What stands in `${…}` is code.
    .split(/(\$\{[^}]*\})/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/\/\*.*?\*\//gs, '')
            .replace(/\s+/g, ' ')
            .replace(/ ?([{};]) ?/g, '$1')
            // A colon with a space behind it stands in declarations and queries only, a comma’s space nowhere matters.
            .replace(/([:,]) /g, '$1')
            .replaceAll(';}', '}'),
    )
    .join('')
    .trim();
