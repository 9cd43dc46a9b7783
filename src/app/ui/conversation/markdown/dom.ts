import { cleanText } from '../../../../core/text/sanitise.ts';
import { safeLink } from '../../../../core/text/link.ts';
import { plainText, type Inline } from './inline.ts';

/**
 * The only place where markdown becomes elements. Elements and text nodes are created one by one; no
 * string is ever parsed as HTML, and only these element names and attributes exist (R68).
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className?: string,
): HTMLElementTagNameMap[K] {
  const created = document.createElement(name);
  if (className) created.className = className;
  return created;
}

/** A text node is not appended to beyond this: each append copies it. */
const MAX_TEXT_NODE = 4_096;

/** A block that reads from the side that its first letter asks for; its bullets and rules stand there. */
export function directed<K extends 'ul' | 'ol' | 'blockquote'>(name: K): HTMLElementTagNameMap[K] {
  const created = element(name);
  created.dir = 'auto';
  return created;
}

/** Adds text at the end, into the last text node as long as that is short; costs O(text). */
export function appendText(parent: Node, text: string): void {
  if (text === '') return;
  const last = parent.lastChild;
  if (last instanceof Text && last.length < MAX_TEXT_NODE) last.appendData(text);
  else parent.appendChild(document.createTextNode(text));
}

export function appendInline(parent: Node, nodes: readonly Inline[]): void {
  for (const node of nodes) {
    switch (node.t) {
      case 'text':
        appendText(parent, node.v);
        break;
      case 'code': {
        const code = element('code');
        code.textContent = node.v;
        parent.appendChild(code);
        break;
      }
      case 'br':
        parent.appendChild(element('br'));
        break;
      case 'link':
        appendLink(parent, node.href, node.c);
        break;
      case 'image':
        parent.appendChild(imagePlaceholder(node.src, node.alt));
        break;
      default: {
        const wrapper = element(node.t);
        appendInline(wrapper, node.c);
        parent.appendChild(wrapper);
      }
    }
  }
}

/** A link if the address may be one; otherwise its text, with the address in plain sight. */
function appendLink(parent: Node, href: string, children: readonly Inline[]): void {
  const safe = safeLink(href);
  if (safe === null) {
    const span = element('span', 'unlinked');
    appendInline(span, children);
    if (plainText(children) !== href) appendText(span, ` (${href})`);
    parent.appendChild(span);
    return;
  }
  const link = element('a');
  link.href = safe;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.title = hostOf(safe);
  appendInline(link, children);
  // An empty link could not be seen.
  if (!link.textContent && !link.firstElementChild) appendText(link, safe);
  parent.appendChild(link);
}

/** The part of an address that tells whose it is. */
export function hostOf(href: string): string {
  try {
    const url = new URL(href);
    return url.host || url.pathname;
  } catch {
    return '';
  }
}

/**
 * Stands for an image, which is never loaded unasked: loading it would tell its host that the text was
 * read, and could carry data away in its address. `data-load` is there if a click may load it.
 */
export function imagePlaceholder(src: string, alt: string): HTMLElement {
  const safe = safeLink(src);
  const loadable = safe !== null && safe.startsWith('https:');
  const label = cleanText(alt) || 'Image';
  if (!loadable) {
    const span = element('span', 'image-blocked');
    const scheme = /^[a-z][a-z0-9+.-]{0,20}:/i.exec(src)?.[0];
    // Long data: addresses say nothing to a reader; others are shown in full.
    span.textContent = scheme === 'data:' ? `${label} (embedded image)` : `${label} (${src})`;
    span.title = 'This image is not loaded: its address is not https.';
    return span;
  }
  const button = element('button', 'image-load');
  button.type = 'button';
  button.dataset['load'] = safe;
  const name = element('span');
  name.textContent = label;
  const host = element('small');
  host.textContent = hostOf(safe);
  button.title = `Load the image from ${hostOf(safe)}`;
  button.append(name, host);
  return button;
}

/** Replaces a clicked placeholder by its image. */
export function loadImage(button: HTMLElement): void {
  const src = button.dataset['load'];
  if (!src || safeLink(src)?.startsWith('https:') !== true) return;
  const image = element('img');
  image.referrerPolicy = 'no-referrer';
  image.decoding = 'async';
  image.alt = button.firstElementChild?.textContent ?? '';
  image.src = src;
  button.replaceWith(image);
}
