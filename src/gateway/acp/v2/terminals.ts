import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { isObject, type JsonObject } from '../../../core/json.ts';
import type { TerminalNews } from '../services/terminals.ts';

/** Terminals that are followed at once; the oldest is let go. */
const MAX_TERMINALS = 64;
/** Of one terminal's output, what goes to the log (UTF-16 units), as of the gateway's own. */
const MAX_OUTPUT = 1024 * 1024;

interface Followed {
  readonly id: string;
  decoder: StringDecoder;
  /** What was told of its output: a snapshot may repeat it. */
  text: string;
  told: number;
  cut: boolean;
  ended: boolean;
}

/** Terminals that an agent of version 2 runs by itself and only shows, in the words of the gateway's own. */
export class ShownTerminals {
  /** A restarted agent may count from the beginning. */
  readonly #life = randomUUID().slice(0, 8);
  readonly #all = new Map<string, Followed>();

  constructor(private readonly tell: (news: TerminalNews) => void) {}

  /** Its name in the log. */
  readonly nameOf = (terminalId: string): string => `shown-${this.#life}-${terminalId}`;

  /** `terminal_update`. */
  update({ terminalId, command, cwd, output, exitStatus }: JsonObject): void {
    if (typeof terminalId !== 'string') return;
    const known = this.#all.has(terminalId);
    const terminal = this.#of(terminalId);
    if (!known || typeof command === 'string') this.#started(terminal.id, command, cwd);
    if (isObject(output) && typeof output['data'] === 'string') {
      const text = Buffer.from(output['data'], 'base64').toString('utf8');
      const goesOn = text.startsWith(terminal.text);
      terminal.decoder = new StringDecoder('utf8');
      if (goesOn) this.#say(terminal, text.slice(terminal.text.length));
      else this.#say(terminal, `\n[the agent corrected its output]\n${text}`);
      terminal.text = text.slice(0, MAX_OUTPUT);
    }
    if (isObject(exitStatus) && !terminal.ended) {
      terminal.ended = true;
      const { exitCode, signal } = exitStatus;
      this.tell({
        id: terminal.id,
        state: 'exited',
        exitCode: typeof exitCode === 'number' ? exitCode : null,
        signal: typeof signal === 'string' ? signal : null,
      });
    }
  }

  /** `terminal_output_chunk`. */
  chunk({ terminalId, data }: JsonObject): void {
    if (typeof terminalId !== 'string' || typeof data !== 'string') return;
    const known = this.#all.has(terminalId);
    const terminal = this.#of(terminalId);
    if (!known) this.#started(terminal.id, '', '');
    const text = terminal.decoder.write(Buffer.from(data, 'base64'));
    if (terminal.text.length < MAX_OUTPUT) terminal.text += text;
    this.#say(terminal, text);
  }

  #started(id: string, command: unknown, cwd: unknown): void {
    const words = typeof command === 'string' ? command : '';
    this.tell({
      id,
      state: 'started',
      command: words,
      args: [],
      cwd: typeof cwd === 'string' ? cwd : '',
    });
  }

  #say(terminal: Followed, text: string): void {
    if (text === '' || terminal.cut) return;
    const fits = text.slice(0, MAX_OUTPUT - terminal.told);
    terminal.told += fits.length;
    if (fits !== '') this.tell({ id: terminal.id, state: 'output', text: fits });
    if (fits.length === text.length) return;
    terminal.cut = true;
    this.tell({ id: terminal.id, state: 'truncated' });
  }

  #of(terminalId: string): Followed {
    const known = this.#all.get(terminalId);
    if (known) return known;
    if (this.#all.size >= MAX_TERMINALS) this.#all.delete(this.#all.keys().next().value!);
    const terminal: Followed = {
      id: this.nameOf(terminalId),
      decoder: new StringDecoder('utf8'),
      text: '',
      told: 0,
      cut: false,
      ended: false,
    };
    this.#all.set(terminalId, terminal);
    return terminal;
  }
}
