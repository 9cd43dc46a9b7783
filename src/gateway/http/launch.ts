import { randomBytes } from 'node:crypto';

const LIFETIME_MS = 60_000;

/**
 * Tickets for opening the page from the command line. A browser's address stands in the process list for
 * every user of the machine to read, so the token must not; a ticket works once, and soon not at all.
 */
export class LaunchTickets {
  readonly #tickets = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  issue(): string {
    const ticket = randomBytes(24).toString('base64url');
    this.#tickets.set(ticket, this.now() + LIFETIME_MS);
    return ticket;
  }

  /** @returns whether it was good; it is not any more. */
  redeem(ticket: string): boolean {
    const until = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return until !== undefined && this.now() < until;
  }
}
