import { ApertureError } from '../../core/errors.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import { Leases, type Lease, type LeaseParts } from '../tabs/lease.ts';
import type { ApertureClient } from '../client/aperture-client.ts';
import type { LogWriter } from './persistence/log-writer.ts';
import type { SessionEntry } from './record.ts';
import type { Saver } from './saver.ts';
import type { Sessions } from './sessions.ts';

export interface DriversParts {
  client: ApertureClient;
  sessions: Sessions;
  writer: LogWriter;
  saver: Saver;
  /** `navigator.locks`; undefined where there are none. */
  locks: LeaseParts['locks'];
}

/** Which sessions this tab drives, of those that only one tab may (R64). */
export class Drivers {
  readonly #parts: DriversParts;
  readonly #leases: Leases;

  constructor(parts: DriversParts) {
    this.#parts = parts;
    this.#leases = new Leases({ locks: parts.locks });
  }

  /**
   * Resolves when this tab may connect the session; its history is then as the last driver left it.
   * @throws ApertureError `held_elsewhere`, retryable.
   */
  async drive(entry: SessionEntry, takeOver: boolean): Promise<void> {
    const { client, sessions, writer, saver } = this.#parts;
    const leases = this.#leases;
    const name = nameOf(entry);
    const close = (): void => client.failSession(entry.id, replaced());
    const holder = {
      taken: close,
      handOver: async () => {
        close();
        await Promise.all([writer.flush('strict'), saver.flush()]);
      },
    };
    const lease: Lease | undefined = await leases.acquire(name, holder, takeOver);
    if (!lease) throw heldElsewhere();
    client.note(
      entry.id,
      leases.works
        ? `this tab drives it, epoch ${lease.epoch}`
        : 'this browser has no locks: another tab may connect beside this one',
    );
    if (leases.wasElsewhere(name)) await sessions.reload(entry);
  }

  /** Its connection is over: another tab may have it. */
  changed(entry: SessionEntry, { status }: ConnectionState): void {
    if (status === 'disconnected' || status === 'error' || status === 'ended') this.let(entry);
  }

  let(entry: SessionEntry): void {
    this.#leases.release(nameOf(entry));
  }

  /** Idempotent and final. */
  dispose(): void {
    this.#leases.dispose();
  }
}

const nameOf = ({ endpoint, id }: SessionEntry): string => `${endpoint} ${id}`;

const heldElsewhere = (): ApertureError =>
  new ApertureError(
    'held_elsewhere',
    'Another tab of this browser is connected to this session, and only one can be. Go on there, or take it over.',
    { retryable: true },
  );

const replaced = (): ApertureError =>
  new ApertureError(
    'replaced',
    'Another tab took over this session. Take it over again to go on here.',
  );
