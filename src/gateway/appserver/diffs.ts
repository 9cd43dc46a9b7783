import type { JsonObject } from '../../core/json.ts';
import { asList, read, type Shape } from './protocol.ts';

/** Hunks of one file that are shown each for itself; of more, the rest is one text (R30). */
const MAX_HUNKS = 64;
const MAX_CHANGES = 256;

type Change = Shape<'change'>;

/** What of a file change item can be read. */
export const readChanges = (changes: unknown): Change[] =>
  asList(changes)
    .slice(0, MAX_CHANGES)
    .flatMap((each) => read('change', each) ?? []);

/** The changes as ACP's content of a tool call: a diff for each hunk, with what stands around it. */
export const diffContent = (changes: readonly Change[]): JsonObject[] => changes.flatMap(contentOf);

/** Where they are, for ACP's `locations`. */
export const changedPlaces = (changes: readonly Change[]): JsonObject[] =>
  changes.map(({ path }) => ({ path }));

/** What is done, in words. */
export function changeTitle(changes: readonly Change[]): string {
  const [first] = changes;
  if (!first) return 'Change files';
  if (changes.length > 1) return `Change ${changes.length} files`;
  const name = first.path.split(/[/\\]/).at(-1) ?? first.path;
  const moved = first.kind?.move_path;
  if (typeof moved === 'string') return `Move ${name}`;
  const verb =
    first.kind?.type === 'add' ? 'Create' : first.kind?.type === 'delete' ? 'Delete' : 'Edit';
  return `${verb} ${name}`;
}

function contentOf({ path, kind, diff }: Change): JsonObject[] {
  const body = typeof diff === 'string' ? diff : '';
  if (kind?.type === 'add') return [{ type: 'diff', path, oldText: null, newText: body }];
  if (kind?.type === 'delete') return [{ type: 'diff', path, oldText: body, newText: '' }];
  const moved = kind?.move_path;
  const told: JsonObject[] = typeof moved === 'string' ? [plain(`${path} becomes ${moved}`)] : [];
  const hunks = readHunks(body);
  if (!hunks) return body === '' ? told : [...told, plain(body)];
  return [...told, ...hunks.map((hunk) => ({ type: 'diff', path, ...hunk }))];
}

const plain = (text: string): JsonObject => ({ type: 'content', content: { type: 'text', text } });

/** @returns undefined for what is no unified diff, or has too many hunks. */
function readHunks(diff: string): { oldText: string; newText: string }[] | undefined {
  const hunks: { old: string[]; new: string[] }[] = [];
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('@@')) {
      hunks.push({ old: [], new: [] });
      continue;
    }
    const hunk = hunks.at(-1);
    // Names of files, before the first hunk.
    if (!hunk) {
      if (/^(---|\+\+\+|diff |index )/.test(line) || line === '') continue;
      return undefined;
    }
    const rest = line.slice(1);
    if (line.startsWith('-')) hunk.old.push(rest);
    else if (line.startsWith('+')) hunk.new.push(rest);
    else if (!line.startsWith('\\')) {
      hunk.old.push(rest);
      hunk.new.push(rest);
    }
  }
  if (hunks.length === 0 || hunks.length > MAX_HUNKS) return undefined;
  return hunks.map((hunk) => ({ oldText: whole(hunk.old), newText: whole(hunk.new) }));
}

const whole = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
