import { ApTranscript } from '../../../src/app/ui/conversation/transcript.ts';
import { DocumentWriter } from '../../../src/app/ui/conversation/markdown/document-writer.ts';

/** A whole document, written in these pieces. */
export function render(...pieces: string[]): HTMLElement {
  const root = document.createElement('div');
  root.className = 'markdown';
  const writer = new DocumentWriter(root);
  for (const piece of pieces) writer.write(piece);
  writer.end();
  root.normalize();
  return root;
}

/** The text in pieces of these lengths, again and again until its end. */
export function cutBy(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = lengths[pieces.length % lengths.length]!;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** In the page, with the transcript's own sheets. */
export function laidOut(root: HTMLElement): HTMLElement {
  const host = document.createElement('div');
  host.style.width = '700px';
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = ApTranscript.styles.map((each) => each.styleSheet!);
  shadow.append(root);
  document.body.append(host);
  return root;
}

/** Of a laid out document that an agent is still writing: what shows where it grows. */
export function cursors(root: HTMLElement): Element[] {
  const message = document.createElement('article');
  message.className = 'message';
  message.dataset['live'] = '';
  message.append(root);
  laidOut(message);
  return [...root.querySelectorAll('p, .part')].filter(
    (each) => getComputedStyle(each, '::after').content !== 'none',
  );
}
