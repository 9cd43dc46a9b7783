// What the APIs that a test model speaks have in common.

/** The name that agents are told to ask for. */
export const MODEL_NAME = 'aperture-test-model';

/** What an agent asked, whatever API it asked by. */
export interface Asked {
  /** What the user typed last. */
  prompt: string;
  /** A tool's result has come since. */
  toolAnswered: boolean;
  tools: readonly { name: string; schema: Schema }[];
}

export interface Schema {
  properties?: Record<string, { type?: string }>;
  required?: string[];
}

/** What the model says, and perhaps a command that it wants to run. */
export interface Reply {
  pieces: readonly string[];
  /** Pause after each piece, ms. */
  pauseMs: number;
  call?: { id: string; name: string; input: Record<string, unknown> };
}

/** What a person typed: agents put what they add into blocks named with a hyphen or an underscore. */
export const typed = (text: string): string =>
  text.replaceAll(/<(\w+[-_][\w-]+)>.*?<\/\1>/gs, '').trim();

export const plainText = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: { text?: string }) => part.text ?? '').join('\n')
      : '';
