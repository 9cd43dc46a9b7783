import type { ContentBlock, TurnState } from '../../core/acp.ts';
import type { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { Answer, SessionEvent } from '../../core/session/event.ts';
import { Answers } from './answers.ts';
import type { ConnectionContext } from './context.ts';
import { LogReader } from './log-reader.ts';
import { Outbox } from './outbox.ts';
import type { Attached } from './ports.ts';
import type { Incoming, Link, SequencedEvent } from './protocols/port.ts';
import type { SessionReport } from './session-report.ts';
import * as trouble from './verdict.ts';
import { Settings, type SettingChange } from './settings.ts';
import { outlivesDrop, WantedCancel } from './wanted-cancel.ts';

/** The connection whose traffic it is. */
export interface TrafficOwner {
  readonly state: ConnectionState;
  readonly live: boolean;
  readonly disposed: boolean;
  readonly report: SessionReport;
  /** Undefined while nothing may go out. */
  readonly link: Link | undefined;
  again(reason: string): void;
  end(gone: boolean): void;
}

/**
 * What goes over one session's connections, whichever attempt carries it: messages, cancels and answers on their
 * way out; its log, in order, on the way in.
 */
export class SessionTraffic {
  readonly outbox: Outbox;
  readonly log = new LogReader();
  /** ms since 1970 of the last event or message, 0 for none; status writes and pings do not count (R5). */
  lastActivity = 0;

  readonly #id: SessionId;
  readonly #context: ConnectionContext;
  readonly #owner: TrafficOwner;
  readonly #answers: Answers;
  readonly #cancel: WantedCancel;
  readonly #settings = new Settings();
  #turn: TurnState = 'idle';
  /** The prompt whose turn runs, as far as the log has been read here. */
  #turnKey: string | undefined;
  /** The log was read to its end since the last attach. */
  #caughtUp = false;
  /** What the last connection could do. */
  #abilities: SessionAbilities | undefined;

  constructor(id: SessionId, context: ConnectionContext, owner: TrafficOwner) {
    this.#id = id;
    this.#context = context;
    this.#owner = owner;
    this.#answers = new Answers(context.clock);
    this.#cancel = new WantedCancel((state) => {
      if (!owner.disposed) context.host.cancelChanged?.(id, state);
    });
    this.outbox = new Outbox({
      now: () => context.clock.now(),
      send: (key, prompt, steer) => {
        this.#touch();
        owner.report.promptsOut++;
        owner.report.note('prompt', key);
        owner.link?.prompt(key, prompt, steer);
      },
      changed: (entries) => {
        if (!owner.disposed) context.host.outboxChanged(id, entries);
      },
      parallel: () => context.place(id)?.policy.concurrency === 'parallel',
    });
  }

  /** Something of the user's is on its way. */
  get holdsWork(): boolean {
    return this.outbox.waiting || this.#answers.waiting || this.#cancel.state !== 'none';
  }

  /** @returns its key. @throws ApertureError `outbox_full`. */
  send(prompt: readonly ContentBlock[], whileBusy: 'queue' | 'interrupt'): string {
    // Asked before: where the page keeps the log, the new message's own turn runs as soon as it is sent.
    const turn = this.#abilities ? this.#turn : this.#context.place(this.#id)?.was.turn;
    const running = this.#turnKey;
    const key = this.outbox.add(prompt);
    const can = this.#owner.link ? this.#owner.link.cancel !== undefined : this.#cancelsLater;
    if (whileBusy === 'interrupt' && (turn ?? 'idle') !== 'idle' && can) this.#stopTurn(running);
    return key;
  }

  /**
   * Stops the running turn (R41). Without a connection the wish is kept, where that will go on with the same turn.
   * @throws ApertureError `not_connected`, `cannot_cancel`.
   */
  cancel(): void {
    if (!this.#owner.link && !this.#cancelsLater) throw trouble.notConnected('stop it');
    if (this.#owner.link && !this.#owner.link.cancel) throw trouble.cannotCancel();
    this.#stopTurn(this.#turnKey);
  }

  /** Kept until the session is attached, if that is to come. Rejects with `not_connected`, `cannot_answer`, or as {@link Answers.submit}. */
  async answer(requestId: string, answer: Answer): Promise<void> {
    const { status } = this.#owner.state;
    const coming =
      this.#owner.live || (status === 'disconnected' && this.#owner.state.reason === 'never');
    if (!this.#owner.link && !coming) throw trouble.notConnected('answer');
    if (this.#owner.link && !this.#owner.link.approve) throw trouble.cannotAnswer();
    this.#touch();
    await this.#answers.submit(requestId, answer, this.#sendAnswer);
  }

  /** Resolves when the log shows what became of it. Rejects with `not_connected`, `cannot_set`, or as {@link Settings.change}. */
  async set(change: SettingChange): Promise<void> {
    const { link } = this.#owner;
    if (!link) throw trouble.notConnected('change that');
    if (!link.settings) throw trouble.cannotSet();
    this.#touch();
    await this.#settings.change(change, link.settings);
  }

  /** Everything up to `n` is on this page's disk. */
  persisted(n: number): void {
    this.#owner.link?.retention?.persisted(n);
  }

  /** A connection was acknowledged. */
  attached(info: Attached, abilities: SessionAbilities): void {
    this.lastActivity = Math.max(this.lastActivity, info.session.updatedAt);
    this.#turn = info.session.turn;
    this.#abilities = abilities;
    if (info.mode !== 'resume') this.#turnKey = undefined;
    if (!this.log.sameLog && this.#cancel.state !== 'none') this.#cancel.drop();
  }

  /** Answers may go out. @param pending requests that wait for one on the other side. */
  ready(pending: readonly string[]): void {
    if (this.log.otherLog) this.#answers.forgetLog();
    this.#answers.attached(pending, this.#sendAnswer);
  }

  /** The connection is gone; what was on its way is uncertain. */
  lost(): void {
    this.#caughtUp = false;
    this.outbox.lost();
    this.#settings.lost();
    this.#cancel.lost();
  }

  /** Nothing connects by itself any more: whoever waits is told (R43). */
  over(error: ApertureError): void {
    this.#answers.rejectAll(error);
    this.#cancel.drop();
  }

  /** Everything but the log and its handshake. */
  incoming(message: Incoming): void {
    const { host } = this.#context;
    switch (message.kind) {
      case 'ack':
        if (this.#cancel.settled(message.key)) return;
        if (this.outbox.acknowledged(message.key, message.duplicate)) return;
        return this.#answers.acknowledged(message.key);
      case 'refused':
        if (this.#cancel.settled(message.key)) return;
        if (this.#settings.refused(message.key, message.error)) return;
        if (this.outbox.refused(message.key, message.error)) return;
        return this.#answers.refused(message.key, message.error);
      case 'summary':
        host.summaryChanged(this.#id, message.summary);
        // Only once the log stands where the summary does, or it would overtake the events.
        if (message.summary.head <= this.log.last) this.#setTurn(message.summary.turn);
        return;
      case 'remote':
        return host.remoteChanged(this.#id, message.remote);
      case 'ignored':
        return this.#owner.report.ignored(message.why, message.detail);
      default:
    }
  }

  get #cancelsLater(): boolean {
    const { status } = this.#owner.state;
    const over = status === 'ended' || status === 'error';
    return !over && outlivesDrop(this.#abilities, this.#context.place(this.#id));
  }

  #stopTurn(turn: string | undefined): void {
    this.#owner.report.cancels++;
    this.#owner.report.note('cancel', turn);
    // While the log is read it is not known yet which turn runs.
    this.#cancel.want(turn, this.#caughtUp ? this.#owner.link : undefined);
  }

  #sendAnswer = (key: string, requestId: string, answer: Answer): boolean => {
    if (!this.#owner.link?.approve) return false;
    this.#owner.link.approve.answer(key, requestId, answer);
    return true;
  };

  event(sequenced: SequencedEvent): void {
    const taken = this.log.take(sequenced);
    if (taken === 'again') {
      this.#owner.again('A part of the log was missing; it is read again.');
      return;
    }
    if (taken.length === 0) return;
    this.#touch();
    this.#owner.report.eventsIn++;
    this.#context.host.events(this.#id, [...taken]);
    this.#follow(sequenced.event, this.log.fresh(sequenced.n));
    this.catchUp();
  }

  /** What the client itself needs to know of an event. `fresh`: it happened after we attached. */
  #follow(event: SessionEvent, fresh: boolean): void {
    switch (event.type) {
      case 'chunk':
        if (event.key !== undefined) this.outbox.seen(event.key);
        return;
      case 'turn':
        if (event.state === 'idle') this.#cancel.ended(event.key);
        this.#turnKey = event.state === 'idle' ? undefined : event.key;
        if (fresh) {
          this.#owner.report.turn(event.state !== 'idle', event.key);
          this.#setTurn(event.state);
        }
        return;
      case 'mode':
      case 'options':
      case 'error':
        return this.#settings.settled(event.key);
      case 'resolved':
        return this.#answers.resolved(event.id);
      case 'ended':
        return this.#owner.end(false);
      default:
    }
  }

  #setTurn(turn: TurnState): void {
    this.#turn = turn;
    if (this.#caughtUp) this.outbox.turnChanged(turn);
  }

  catchUp(): void {
    if (this.#caughtUp || !this.#owner.link || !this.log.caughtUp) return;
    this.#caughtUp = true;
    this.#cancel.ready(this.#turn !== 'idle', this.#turnKey, this.#owner.link);
    const knowsKeys = this.#context.place(this.#id)?.protocol.knowsKeys === true;
    this.outbox.ready(this.#turn, knowsKeys && this.log.sameLog);
  }

  #touch(): void {
    this.lastActivity = this.#context.clock.now();
  }
}
