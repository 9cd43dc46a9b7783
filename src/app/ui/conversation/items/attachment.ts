import { safeLink } from '../../../../core/text/link.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import { element, hostOf, imagePlaceholder } from '../markdown/dom.ts';
import { prettyJson, type ContentPart } from './content.ts';

/** Drawn by the browser as pixels only; SVG is left out, it is a document. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** What stands beside a message's text: pictures (on a click), links to resources, the unknown as JSON. */
export function attachment(part: ContentPart): HTMLElement {
  switch (part.type) {
    case 'text': {
      const block = element('pre', 'attachment');
      block.textContent = cleanText(part.text);
      return block;
    }
    case 'image':
      if (part.data !== undefined) return embeddedImage(part.mimeType, part.data);
      return imagePlaceholder(part.uri ?? '', 'Image');
    case 'link': {
      const safe = safeLink(part.uri);
      const name = cleanText(part.name);
      if (safe === null) {
        const span = element('span', 'attachment file');
        span.textContent = name === cleanText(part.uri) ? name : `${name} (${cleanText(part.uri)})`;
        return span;
      }
      const link = element('a', 'attachment file');
      link.href = safe;
      link.target = '_blank';
      link.rel = 'noopener noreferrer nofollow';
      link.title = hostOf(safe);
      link.textContent = name;
      return link;
    }
    default:
      return jsonFold('Unknown content', part.type === 'unknown' ? part.value : part);
  }
}

/** A picture that came with the message: nothing is fetched, but it is shown only when asked for. */
function embeddedImage(mimeType: string, data: string): HTMLElement {
  const kilobytes = Math.max(1, Math.round((data.length * 3) / 4 / 1_000));
  if (!PICTURES.has(mimeType)) {
    const span = element('span', 'image-blocked');
    span.textContent = `Image of type ${cleanText(mimeType) || 'unknown'} (${kilobytes} KB)`;
    return span;
  }
  const button = element('button', 'image-load');
  button.type = 'button';
  const name = element('span');
  name.textContent = 'Show image';
  const size = element('small');
  size.textContent = `${mimeType.slice(6).toUpperCase()}, ${kilobytes} KB`;
  button.append(name, size);
  button.addEventListener('click', () => {
    const bytes = decode(data);
    if (!bytes) {
      name.textContent = 'The image is damaged';
      button.disabled = true;
      return;
    }
    const image = element('img');
    image.alt = 'Image from the agent';
    const url = URL.createObjectURL(new Blob([bytes], { type: mimeType }));
    const release = (): void => URL.revokeObjectURL(url);
    image.addEventListener('load', release, { once: true });
    image.addEventListener('error', release, { once: true });
    image.src = url;
    button.replaceWith(image);
  });
  return button;
}

function decode(data: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Any value, folded, as JSON; made only when it is opened. */
export function jsonFold(
  label: string,
  value: unknown,
  open = false,
  show: (text: string) => string = cleanText,
): HTMLDetailsElement {
  const details = element('details', 'fold');
  const summary = element('summary');
  summary.textContent = label;
  const pre = element('pre');
  pre.tabIndex = 0;
  details.append(summary, pre);
  const fill = (): void => {
    if (details.open && !pre.firstChild) pre.textContent = show(prettyJson(value));
  };
  details.addEventListener('toggle', fill);
  details.open = open;
  fill();
  return details;
}
