import type { ServiceNews } from '../acp/services/services.ts';

/** Of one command, the log takes so much output (UTF-16 units) … */
const MAX_OUTPUT = 1024 * 1024;
/** … in pieces: at least this often (ms), or when so much has gathered. */
const LOG_EVERY_MS = 100;
const LOG_PIECE = 16 * 1024;
/** How much of the beginning is kept, to know it again (UTF-16 units). */
const KEPT = 4 * 1024;

/** A command's output as a terminal of the log's; of a command that says nothing, too, for its end. */
export class CommandOutput {
  #waiting = '';
  #beginning = '';
  /** All that came, the dropped part included. */
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(
    private readonly id: string,
    started: { command: string; cwd: string },
    private readonly news: (news: ServiceNews) => void,
  ) {
    news({ what: 'terminal', id, state: 'started', args: [], ...started });
  }

  push(text: string): void {
    if (this.#over || text === '') return;
    if (this.#beginning.length < KEPT) this.#beginning = (this.#beginning + text).slice(0, KEPT);
    const room = MAX_OUTPUT - this.#length;
    this.#length += text.length;
    if (room < 0) return;
    this.#waiting += text.slice(0, room);
    if (this.#waiting.length >= LOG_PIECE || text.length > room) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), LOG_EVERY_MS);
    if (text.length > room) {
      this.news({ what: 'terminal', id: this.id, state: 'truncated' });
      // Said once.
      this.#length = MAX_OUTPUT + 1;
    }
  }

  /** Whether what came is how all of its output begins. */
  isBeginningOf(whole: string): boolean {
    return whole.startsWith(this.#beginning);
  }

  /**
   * @param whole all of its output, if that is told; what had not come yet is added.
   * @param exitCode null when nobody knows it.
   */
  end(whole: string | undefined, exitCode: number | null): void {
    if (this.#over) return;
    if (whole !== undefined && whole.length > this.#length) this.push(whole.slice(this.#length));
    this.#flush();
    this.#over = true;
    this.news({ what: 'terminal', id: this.id, state: 'exited', exitCode, signal: null });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') this.news({ what: 'terminal', id: this.id, state: 'output', text });
  }
}
