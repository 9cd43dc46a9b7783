import type { ContentBlock } from '../../core/acp.ts';
import type { JsonObject } from '../../core/json.ts';

/** What it takes in a prompt, in ACP's words. */
export const PROMPT_CAPABILITIES = { image: true, audio: false, embeddedContext: true };

/** A prompt as Codex's `UserInput`. */
export const toInput = (prompt: readonly ContentBlock[]): JsonObject[] => prompt.map(inputOf);

function inputOf(block: ContentBlock): JsonObject {
  switch (block.type) {
    case 'text':
      return text(block.text);
    case 'image':
      return {
        type: 'image',
        url: block.data ? `data:${block.mimeType};base64,${block.data}` : (block.uri ?? ''),
      };
    case 'resource': {
      const { resource } = block;
      const body = 'text' in resource ? resource.text : undefined;
      return text(body === undefined ? resource.uri : `${resource.uri}:\n\n${body}`);
    }
    case 'resource_link':
      return text(block.uri.startsWith('file://') ? pathOf(block.uri) : block.uri);
    default:
      // A kind that it was never said to take.
      return text(JSON.stringify(block));
  }
}

const text = (words: string): JsonObject => ({ type: 'text', text: words, text_elements: [] });

function pathOf(uri: string): string {
  try {
    return decodeURIComponent(new URL(uri).pathname);
  } catch {
    return uri;
  }
}
