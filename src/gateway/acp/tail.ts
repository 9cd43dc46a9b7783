/** Keeps the last bytes of a stream (R30); used for what an agent wrote to stderr. */
export class Tail {
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(private readonly maxBytes: number) {}

  push(chunk: Buffer): void {
    this.#chunks.push(chunk.subarray(-this.maxBytes));
    this.#length += this.#chunks.at(-1)!.byteLength;
    while (this.#length - this.#chunks[0]!.byteLength >= this.maxBytes) {
      this.#length -= this.#chunks.shift()!.byteLength;
    }
    // Many tiny writes must not cost an object each for ever.
    if (this.#chunks.length > 1_024) {
      this.#chunks = [this.#joined()];
      this.#length = this.#chunks[0]!.byteLength;
    }
  }

  /** A character that was cut at the front is left out. */
  text(): string {
    return this.#joined()
      .toString('utf8')
      .replace(/^\uFFFD+/, '');
  }

  #joined(): Buffer {
    return Buffer.concat(this.#chunks).subarray(-this.maxBytes);
  }
}
