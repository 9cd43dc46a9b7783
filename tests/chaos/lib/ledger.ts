import { mkdtempSync, readFileSync, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scripted, type AgentEntry } from '../../support/gateway-process.ts';

/**
 * What the agents themselves say that they were asked and that they said, written by them before anything
 * leaves their process: a witness that knows nothing of logs, keys and sockets.
 */
export class Ledger {
  readonly #folder = mkdtempSync(join(tmpdir(), 'aperture-ledger-'));

  get #file(): string {
    return join(this.#folder, 'ledger');
  }

  /** The agent that keeps it. */
  agent(): AgentEntry {
    return scripted('With a ledger', '--load', '--store', this.#file);
  }

  #texts(kind: string): string[] {
    if (!existsSync(this.#file)) return [];
    // A line that was cut by the agent's end was never said.
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        if (!line.endsWith(']')) return [];
        const [, of, text] = JSON.parse(line) as [string, string, string];
        return of === kind ? [text] : [];
      });
  }

  /** Every prompt that an agent was given, as often as it was. */
  prompts(): string[] {
    return this.#texts('user_message_chunk');
  }

  /** Everything that the agents said. */
  said(): string[] {
    return this.#texts('agent_message_chunk');
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
