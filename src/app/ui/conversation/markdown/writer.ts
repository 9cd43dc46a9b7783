/**
 * Turns a stream of text into a document, piece by piece. What a finished block looks like depends on the
 * text alone, never on how it was cut into pieces, and a finished block is never touched again.
 */
export interface MarkdownWriter {
  /** Takes the next piece; costs no more than the piece and the unfinished end of the last line. */
  write(text: string): void;
  /** Nothing follows: what was still open is closed. Idempotent; later writes are ignored. */
  end(): void;
}
