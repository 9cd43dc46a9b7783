import { safeLink } from '../../../../core/text/link.ts';
import { cleanText, oneLine } from '../../../../core/text/sanitise.ts';
import { element, hostOf, imagePlaceholder } from '../markdown/dom.ts';
import { blockPart, type ContentPart } from './content.ts';
import { fold, jsonFold, shortened } from './json-fold.ts';
import { bytesOf, decodedSize, isModest, isPicture, kilobytes } from './picture.ts';
import { pictureElement } from './picture-view.ts';

/** What browsers play. */
const AUDIO = /^audio\/(?:mpeg|mp3|mp4|aac|ogg|opus|webm|wav|x-wav|wave|flac)$/;

/** A content block that is no text of its message, drawn. */
export const drawBlock = (block: unknown, by: 'user' | 'agent'): HTMLElement =>
  attachment(blockPart(block), by);

/** What stands beside a message's text: pictures, sounds, files, links to resources, the unknown as JSON. */
export function attachment(part: ContentPart, by: 'user' | 'agent' = 'agent'): HTMLElement {
  switch (part.type) {
    case 'text': {
      const block = element('pre', 'attachment');
      block.textContent = cleanText(part.text);
      return block;
    }
    case 'image':
      if (part.data === undefined) return imagePlaceholder(part.uri ?? '', 'Image');
      return embeddedImage(part.mimeType, part.data, altOf(part.uri, by));
    case 'audio':
      return sound(part.mimeType, part.data);
    case 'file': {
      const { uri, text } = part;
      const label = `${nameOf(uri)} · ${kilobytes(text.length)}`;
      const folded = fold(label, () => cleanText(shortened(text)));
      folded.title = cleanText(uri);
      return folded;
    }
    case 'blob':
      if (isPicture(part.mimeType))
        return embeddedImage(part.mimeType, part.data, altOf(part.uri, by));
      return line(`${nameOf(part.uri)} (${kindOf(part.mimeType)}, ${sizeOf(part.data)})`);
    case 'link':
      return resourceLink(part);
    default:
      return jsonFold('Unknown content', part.type === 'unknown' ? part.value : part);
  }
}

/** Only https can be followed (and mailto); a file is shown by its path, anything else as it is. */
function resourceLink({ uri, name: given, detail }: ContentPart & { type: 'link' }): HTMLElement {
  const name = cleanText(given);
  const safe = safeLink(uri);
  const about = cleanText(detail);
  if (safe === null) {
    const where = pathOf(uri);
    const whole = name === where || where === '' ? name : `${name} (${where})`;
    return line([whole, about].filter(Boolean).join(' · '));
  }
  const link = element('a', 'attachment file');
  link.href = safe;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.title = [hostOf(safe), about].filter(Boolean).join(' · ');
  link.textContent = name;
  return link;
}

/** A picture that came with the message: nothing is fetched. One that would take much memory is shown on a click. */
function embeddedImage(mimeType: string, data: string, alt: string): HTMLElement {
  if (!isPicture(mimeType)) {
    return blocked(`Image of type ${kindOf(mimeType)} (${sizeOf(data)})`);
  }
  const bytes = bytesOf(data);
  if (!bytes) return blocked('The image is damaged');
  if (isModest(bytes)) return pictureElement(bytes, mimeType, alt);
  return onClick('Show image', `${mimeType.slice(6).toUpperCase()}, ${sizeOf(data)}`, () =>
    pictureElement(bytes, mimeType, alt),
  );
}

/** A player, once somebody wants to hear it. */
function sound(mimeType: string, data: string): HTMLElement {
  const type = mimeType.toLowerCase().split(';')[0]!.trim();
  const bytes = AUDIO.test(type) ? bytesOf(data) : undefined;
  if (!bytes) return line(`Audio of type ${kindOf(mimeType)} (${sizeOf(data)})`);
  return onClick('Play audio', `${type.slice(6).toUpperCase()}, ${sizeOf(data)}`, () => {
    const player = element('audio', 'attachment');
    player.controls = true;
    player.setAttribute('aria-label', 'Audio');
    // Not revoked before the element goes: a player may ask for any part of it, at any time.
    player.src = URL.createObjectURL(new Blob([bytes], { type }));
    player.autoplay = true;
    return player;
  });
}

function onClick(label: string, about: string, draw: () => HTMLElement): HTMLElement {
  const button = element('button', 'image-load');
  button.type = 'button';
  const name = element('span');
  name.textContent = label;
  const size = element('small');
  size.textContent = about;
  button.append(name, size);
  button.addEventListener('click', () => {
    const drawn = draw();
    button.replaceWith(drawn);
    drawn.focus();
  });
  return button;
}

function line(text: string): HTMLElement {
  const span = element('span', 'attachment file');
  span.textContent = text;
  return span;
}

function blocked(text: string): HTMLElement {
  const span = element('span', 'image-blocked');
  span.textContent = text;
  return span;
}

const kindOf = (mimeType: string): string => oneLine(mimeType, 60) || 'unknown';

const sizeOf = (data: string): string => kilobytes(decodedSize(data));

function altOf(uri: string | undefined, by: 'user' | 'agent'): string {
  const name = uri === undefined ? '' : nameOf(uri);
  const whose = by === 'user' ? 'Image that you attached' : 'Image from the agent';
  return name ? `${whose}: ${name}` : whose;
}

/** The last part of an address that somebody could read. */
export function nameOf(uri: string): string {
  if (uri.startsWith('data:')) return '';
  return pathOf(uri.replace(/[?#].*$/, '').replace(/\/+$/, ''))
    .split('/')
    .at(-1)!;
}

/** `file:` addresses as paths; what was attached in a browser, by its name. */
function pathOf(uri: string): string {
  const path = /^(?:file|attachment):\/\/(?:localhost)?(\/.*)$/.exec(uri)?.[1];
  try {
    return cleanText(path === undefined ? uri : decodeURIComponent(path));
  } catch {
    return cleanText(uri);
  }
}
