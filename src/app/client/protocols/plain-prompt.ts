import type { ContentBlock } from '../../../core/acp.ts';
import type { ErrorInfo } from '../../../core/errors.ts';

export const TEXT_ONLY: ErrorInfo = {
  code: 'unsupported_content',
  message: 'This server takes text only. Remove the attachment and send the message again.',
  retryable: false,
};

export const NOT_OPEN: ErrorInfo = {
  code: 'not_connected',
  message: 'The connection is not open, so the message did not go out. Send it again when it is.',
  retryable: true,
};

/** A prompt for servers that know nothing but text; undefined if it has something that text cannot carry. */
export function promptText(prompt: readonly ContentBlock[]): string | undefined {
  const parts: string[] = [];
  for (const block of prompt) {
    if (block.type === 'text') parts.push(block.text);
    else if (block.type === 'resource_link') parts.push(`${block.name} (${block.uri})`);
    else if (block.type === 'resource' && 'text' in block.resource) parts.push(block.resource.text);
    else return undefined;
  }
  return parts.join('\n\n');
}
