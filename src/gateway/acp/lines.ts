const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a byte stream into lines without copying what is complete; UTF-8 is decoded per line, so a
 * character that is split over two chunks stays whole.
 */
export class LineSplitter {
  #parts: Buffer[] = [];
  #length = 0;
  #overflowed = false;

  /**
   * @param maxBytes longest line; `onOverflow` is called once when one is longer, and nothing after that.
   */
  constructor(
    private readonly maxBytes: number,
    private readonly onLine: (line: string) => void,
    private readonly onOverflow: () => void,
  ) {}

  push(chunk: Buffer): void {
    let rest = chunk;
    while (!this.#overflowed) {
      const end = rest.indexOf(0x0a);
      const part = end === -1 ? rest : rest.subarray(0, end);
      if (this.#length + part.byteLength > this.maxBytes) {
        this.#overflowed = true;
        this.#parts = [];
        this.onOverflow();
        return;
      }
      if (end === -1) {
        if (part.byteLength > 0) this.#parts.push(part);
        this.#length += part.byteLength;
        return;
      }
      const line = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
      this.#parts = [];
      this.#length = 0;
      rest = rest.subarray(end + 1);
      const length = line.at(-1) === CARRIAGE_RETURN ? line.byteLength - 1 : line.byteLength;
      this.onLine(line.toString('utf8', 0, length));
    }
  }
}
