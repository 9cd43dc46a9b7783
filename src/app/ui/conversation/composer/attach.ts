import { effect } from '@preact/signals-core';
import type { ContentBlock } from '../../../../core/acp.ts';
import { toErrorInfo } from '../../../../core/errors.ts';
import type { JsonObject } from '../../../../core/json.ts';
import { MAX_PROMPT_BYTES } from '../../../../core/limits.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import type { SessionRecord } from '../../../store/types.ts';
import { recall, remember } from '../../controllers/remembered.ts';
import { act } from '../../intent.ts';
import { attachedTo, KEPT } from './attached.ts';
import { readFile } from './read-file.ts';

/** Attachments of one message. */
const MAX_FILES = 20;
/** What all of them may be as JSON (bytes), so that words still go with them. */
export const MAX_ATTACHED_BYTES = MAX_PROMPT_BYTES - 256 * 1024;
/** Sessions whose files are noted; a page that has more of them forgets the oldest. */
const MAX_NOTED = 100;

/** The agent's prompt capabilities. `undefined`: it has not said yet. */
export function takesOf(record: SessionRecord): JsonObject | undefined {
  const abilities = record.abilities.peek();
  // What was never connected is given the benefit of the doubt; see `can`.
  const takes = abilities ? (abilities.takes ?? {}) : 'log';
  return takes === 'log' ? record.transcript().takes : takes;
}

/** Reads the files, one after the other, into the draft of `record`. What cannot be attached is said. Never rejects. */
export async function attachFiles(
  host: HTMLElement,
  record: SessionRecord,
  files: readonly File[],
): Promise<void> {
  const attached = attachedTo(record);
  watch(host, record);
  const agent = cleanText(record.summary.peek().agentTitle) || 'The agent';
  for (const file of files) {
    try {
      if (attached.peek().length >= MAX_FILES) {
        say(host, `A message takes ${MAX_FILES} attachments. “${file.name}” was left out.`);
        return;
      }
      const { block, note } = await readFile(file, takesOf(record), agent);
      const next = [...attached.peek(), block];
      if (sizeOf(next) > MAX_ATTACHED_BYTES) {
        say(
          host,
          `“${file.name}” is too much for this message: all attachments together may have ${megabytes(MAX_ATTACHED_BYTES)}, encoded. Send it in a message of its own.`,
        );
        continue;
      }
      attached.value = next;
      if (note) say(host, note, 'info');
    } catch (error) {
      say(host, toErrorInfo(error).message);
    }
  }
}

/** After a reload: what was attached before it. Never rejects. */
export async function restoreFiles(host: HTMLElement, record: SessionRecord): Promise<void> {
  const attached = attachedTo(record);
  if (attached.peek().length > 0 || hosts.has(record)) return;
  const kept = await act(host, (actions) => actions.keptFiles(record.id));
  if (attached.peek().length === 0) attached.value = kept;
  watch(host, record);
}

/** Attachments that come back from a queued message. */
export function giveBack(
  host: HTMLElement,
  record: SessionRecord,
  blocks: readonly ContentBlock[],
): void {
  watch(host, record);
  attachedTo(record).value = blocks;
}

/** Whoever shows the session now, to ask for actions. */
const hosts = new WeakMap<SessionRecord, HTMLElement>();

/** Keeps what is attached on disk from now on, as it changes. */
function watch(host: HTMLElement, record: SessionRecord): void {
  const watched = hosts.has(record);
  hosts.set(record, host);
  if (watched) return;
  const attached = attachedTo(record);
  const before = attached.peek();
  let writes: Promise<void> = Promise.resolve();
  effect(() => {
    const blocks = attached.value;
    if (blocks === before) return;
    note(record.id, blocks.length > 0);
    // In order: what is newest is written last.
    writes = writes.then(() => keep(record, blocks));
  });
}

async function keep(record: SessionRecord, blocks: readonly ContentBlock[]): Promise<void> {
  const by = hosts.get(record);
  if (attachedTo(record).peek() !== blocks || !by?.isConnected) return;
  const kept = await act(by, (actions) => actions.keepFiles(record.id, blocks));
  if (kept !== false || blocks.length === 0 || told) return;
  told = true;
  say(by, 'This browser cannot keep attachments: they are there until the page is reloaded.');
}

/** Once is enough. */
let told = false;

function note(id: string, kept: boolean): void {
  const others = recall<string[]>(KEPT, []).filter((each) => each !== id);
  const ids = kept ? [id, ...others].slice(0, MAX_NOTED) : others;
  remember(KEPT, ids.length > 0 ? ids : undefined);
}

/** As it goes over the wire (bytes): base64 and JSON are ASCII but for the words. */
const sizeOf = (blocks: readonly ContentBlock[]): number =>
  new TextEncoder().encode(JSON.stringify(blocks)).byteLength;

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 102.4) / 10} MB`;

function say(host: HTMLElement, text: string, level: 'info' | 'warning' = 'warning'): void {
  act(host, (actions) => actions.showToast({ level, text }));
}
