import { isObject } from '../../../../core/json.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import type { ToolPatch } from '../../../../core/session/event.ts';

export { prettyJson } from './json-fold.ts';

/** What agents attach to messages and tool calls, read tolerantly: an agent may be newer than we are. */
export type ContentPart =
  | { type: 'text'; text: string }
  | { type: 'diff'; path: string; oldText: string | undefined; newText: string }
  | { type: 'image'; mimeType: string; data: string | undefined; uri: string | undefined }
  | { type: 'audio'; mimeType: string; data: string }
  /** An embedded text, or other bytes in base64. */
  | { type: 'file'; uri: string; text: string }
  | { type: 'blob'; uri: string; mimeType: string; data: string }
  /** `detail`: what else was said of it; may be empty. */
  | { type: 'link'; name: string; uri: string; detail: string }
  | { type: 'terminal'; id: string }
  | { type: 'unknown'; value: unknown };

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** A content block of a message. */
export function blockPart(block: unknown): ContentPart {
  if (!isObject(block)) return { type: 'unknown', value: block };
  switch (block['type']) {
    case 'text':
      if (typeof block['text'] === 'string') return { type: 'text', text: block['text'] };
      break;
    case 'image':
      return {
        type: 'image',
        mimeType: text(block['mimeType']) ?? '',
        data: text(block['data']),
        uri: text(block['uri']),
      };
    case 'audio': {
      const { data, mimeType } = block;
      if (typeof data !== 'string') break;
      return { type: 'audio', mimeType: text(mimeType) ?? '', data };
    }
    case 'resource_link': {
      const uri = text(block['uri']);
      const name = text(block['title']) || text(block['name']) || uri;
      const detail = text(block['description']) ?? '';
      if (uri !== undefined) return { type: 'link', name: name!, uri, detail };
      break;
    }
    case 'resource':
      return resourcePart(block['resource']) ?? { type: 'unknown', value: block };
    default:
  }
  return { type: 'unknown', value: block };
}

function resourcePart(resource: unknown): ContentPart | undefined {
  if (!isObject(resource)) return undefined;
  const uri = text(resource['uri']) ?? '';
  const content = text(resource['text']);
  if (content !== undefined) return { type: 'file', uri, text: content };
  const data = text(resource['blob']);
  const mimeType = text(resource['mimeType']) ?? '';
  if (data !== undefined) return { type: 'blob', uri, mimeType, data };
  return uri === '' ? undefined : { type: 'link', name: uri, uri, detail: '' };
}

/** A tool call's content. */
export function toolParts(call: ToolPatch): ContentPart[] {
  return ((call.content ?? []) as unknown[]).map((entry): ContentPart => {
    if (!isObject(entry)) return { type: 'unknown', value: entry };
    switch (entry['type']) {
      case 'content':
        return blockPart(entry['content']);
      case 'diff': {
        const { path, newText, oldText } = entry;
        if (typeof path === 'string' && typeof newText === 'string') {
          return { type: 'diff', path, newText, oldText: text(oldText) };
        }
        break;
      }
      case 'terminal': {
        const id = text(entry['terminalId']);
        if (id !== undefined) return { type: 'terminal', id };
        break;
      }
      default:
    }
    return { type: 'unknown', value: entry };
  });
}

/** A shell that is given its whole script as one word. */
const SHELL = /(?:^|\/)(?:ba|z|da|k)?sh$/;

/**
 * The command that a call would run, whole, as its raw input tells; a vector is joined by spaces. Of a shell with a
 * script, the script: joined, it would look like words of the shell's own.
 */
export function commandOf(call: ToolPatch): string | undefined {
  const input = call.rawInput;
  if (!isObject(input)) return undefined;
  const command = input['command'] ?? input['cmd'] ?? input['script'];
  const args = Array.isArray(input['args']) ? input['args'] : [];
  const words = Array.isArray(command) ? command : [command, ...args];
  if (typeof words[0] !== 'string') return undefined;
  const [, flag, script] = words as unknown[];
  const scripted = SHELL.test(words[0]) && (flag === '-c' || flag === '-lc') && words.length === 3;
  if (scripted && typeof script === 'string') return script;
  return words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ');
}

const DESTRUCTIVE =
  /(?:^|[\s;&|(`"'/])(?:rm|rmdir|unlink|shred|dd|mkfs\S*|truncate|shutdown|reboot|sudo|doas|kill|killall|pkill|chown|chmod)(?=\s|$)|\bgit\s+(?:push\b.*(?:--force|\s-f\b)|reset\s+--hard|clean\b|branch\s+-D|checkout\s+(?:--|\.))|\bfind\b.*\s-delete\b|\b(?:curl|wget)\b.*\|\s*(?:ba|z)?sh\b|\bdrop\s+(?:table|database)\b|\bRemove-Item\b|>\s*\/dev\/sd/i;

/**
 * Whether a call may destroy something that is hard to get back. A warning sign and no guard: it sees
 * the usual commands only.
 */
export function isDestructive(call: ToolPatch): boolean {
  if (call.kind === 'delete') return true;
  const command = commandOf(call) ?? (call.kind === 'execute' ? call.title : undefined);
  if (command === undefined) return false;
  // What hides in it may stand in the way of a match; what it seems to hide may be the very thing.
  const seen = [command, command.replace(HIDDEN, ''), cleanText(command).replace(HIDDEN, '')];
  return seen.some((each) => DESTRUCTIVE.test(each));
}

/** Agents often fence a tool's output; the fence is markup and not output. */
export function unfence(output: string): string {
  const fenced = /^\s*(`{3,})[^\n`]*\n([^]*?)\n?\1\s*$/.exec(output);
  return fenced ? fenced[2]! : output;
}

/* eslint-disable no-control-regex -- control characters are what this is about */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
/* eslint-enable no-control-regex */

/**
 * Text that somebody decides by: what could hide or reorder a part of it is not stripped but shown by its
 * code point, so that what is read is what would run (R68).
 */
export function revealHidden(value: string): string {
  return value
    .replace(/\r\n/g, '\n')
    .replace(
      HIDDEN,
      (char) => `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
    );
}
