import type { ContentBlock } from '../acp.ts';

/**
 * A prompt is what was typed, then what is attached. A text block with `_meta` is attached: a file that the agent
 * cannot take as one.
 */
export function promptParts(prompt: readonly ContentBlock[]): {
  text: string;
  attached: ContentBlock[];
} {
  const texts: string[] = [];
  const attached: ContentBlock[] = [];
  for (const block of prompt) {
    if (block.type === 'text' && !block._meta) texts.push(block.text);
    else attached.push(block);
  }
  return { text: texts.join('\n'), attached };
}

/** Empty when there is neither. */
export const withText = (text: string, attached: readonly ContentBlock[]): ContentBlock[] =>
  text.trim() === '' ? [...attached] : [{ type: 'text', text }, ...attached];
