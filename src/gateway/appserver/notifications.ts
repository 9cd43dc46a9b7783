import type { JsonObject } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type { Oddity } from '../acp/oddity.ts';
import type { PromptOutcome } from '../agent/port.ts';
import type { AgentSpec } from '../agents/types.ts';
import { describeTurn } from './failures.ts';
import type { TurnItems } from './items.ts';
import { asText, read, type Shape } from './protocol.ts';

/** Warnings that are said once, however often they come. */
const MAX_SAID = 100;

export interface NotificationsHost {
  isOurs(threadId: unknown): boolean;
  /** Whether the open thread began it. */
  isChild(threadId: string): boolean;
  began(threadId: string): void;
  turnStarted(id: string): void;
  turnOver(id: string, outcome: PromptOutcome): void;
  settings(told: Shape<'settings'>): void;
  resolved(params: JsonObject): void;
  /** An ACP `session/update`'s `update`. */
  update(update: JsonObject): void;
  notice(level: 'info' | 'warning', text: string): void;
  odd(what: Oddity, detail: string): void;
}

/** What the app-server tells, sorted. */
export class Notifications {
  readonly #said = new Set<string>();
  /** What it says of its configuration, until it is known whether the log has that from an earlier start. */
  #held: string[] | undefined = [];
  /** The turn whose trouble with its model was told. */
  #troubled: string | undefined;

  constructor(
    private readonly spec: AgentSpec,
    private readonly items: TurnItems,
    private readonly host: NotificationsHost,
  ) {}

  heard(method: string, params: JsonObject): void {
    if (SILENT.has(method)) return;
    const { threadId } = params;
    switch (method) {
      // These may come without a thread, or before it is open.
      case 'thread/started': {
        const { id, parentThreadId } = read('startedThread', params)?.thread ?? {};
        const ours = this.host.isOurs(parentThreadId) || this.host.isChild(String(parentThreadId));
        if (id !== undefined && ours) this.host.began(id);
        return;
      }
      case 'warning':
      case 'guardianWarning':
        if (threadId == null || this.host.isOurs(threadId)) this.#warn(params['message']);
        return;
      case 'configWarning':
      case 'deprecationNotice':
        return this.#warn(params['summary'], params['details'], this.#held);
      case 'mcpServer/startupStatus/updated':
        if (params['status'] !== 'failed') return;
        return this.#warn(
          `The MCP server “${String(params['name'])}” did not start`,
          params['error'],
        );
      default:
    }
    if (!this.host.isOurs(threadId)) {
      // What another agent does that this one began is told by this one's own items.
      if (!this.host.isChild(String(threadId))) this.host.odd('foreign_session', method);
      else if (method === 'serverRequest/resolved') this.host.resolved(params);
      return;
    }
    if (!this.#ours(method, params)) this.host.odd('unknown_notification', method);
  }

  /** @returns whether it was known, and could be read. */
  #ours(method: string, params: JsonObject): boolean {
    switch (method) {
      case 'turn/started': {
        const id = read('turn', params)?.turn.id;
        if (id !== undefined) this.host.turnStarted(id);
        return id !== undefined;
      }
      case 'turn/completed':
        return this.#turnOver(params);
      case 'error': {
        const failure = read('failure', params);
        // One that ends the turn comes with that end, too.
        if (failure?.willRetry === true) this.#trouble(failure.error, params['turnId']);
        return failure !== undefined;
      }
      case 'item/started':
      case 'item/completed': {
        const item = read('item', params)?.item;
        const turn = asText(params['turnId']);
        if (!item || turn === undefined) return false;
        this.items.heard(turn, item, method === 'item/completed');
        return true;
      }
      case 'turn/plan/updated': {
        const steps = read('plan', params)?.plan;
        if (!steps) return false;
        const entries = steps.map(({ step, status }) => ({
          content: step,
          priority: 'medium',
          status: status === 'inProgress' ? 'in_progress' : (status ?? 'pending'),
        }));
        this.host.update({ sessionUpdate: 'plan', entries });
        return true;
      }
      case 'thread/tokenUsage/updated': {
        const usage = read('usage', params)?.tokenUsage;
        // Without the window's size there is nothing to compare with.
        if (typeof usage?.modelContextWindow === 'number') {
          const { last, modelContextWindow: size } = usage;
          this.host.update({ sessionUpdate: 'usage_update', used: last.totalTokens, size });
        }
        return usage !== undefined;
      }
      case 'thread/name/updated': {
        const title = asText(params['threadName']);
        if (title) this.host.update({ sessionUpdate: 'session_info_update', title });
        return true;
      }
      case 'thread/settings/updated': {
        const told = read('settings', params['threadSettings']);
        if (told) this.host.settings(told);
        return told !== undefined;
      }
      case 'model/rerouted':
        this.host.notice('warning', `The model was changed to ${String(params['toModel'])}.`);
        return true;
      case 'serverRequest/resolved':
        this.host.resolved(params);
        return true;
      default: {
        const turn = asText(params['turnId']);
        return turn !== undefined && this.items.piece(method, turn, params);
      }
    }
  }

  #turnOver(params: JsonObject): boolean {
    const turn = read('turn', params)?.turn;
    if (!turn) return false;
    const { id, status, error } = turn;
    this.items.turnOver(id, status !== 'completed');
    const outcome: PromptOutcome =
      status === 'failed' || (error && status !== 'interrupted')
        ? {
            ok: false,
            error: describeTurn(this.spec, error ?? { message: 'The turn failed.' }),
          }
        : {
            ok: true,
            stopReason: status === 'interrupted' ? 'cancelled' : 'end_turn',
            response: {},
          };
    this.host.turnOver(id, outcome);
    return true;
  }

  /** Once in a turn: it says so at every attempt. */
  #trouble(error: Shape<'failure'>['error'], turnId: unknown): void {
    if (this.#troubled === turnId) return;
    this.#troubled = asText(turnId);
    const why = error.additionalDetails ?? error.message;
    const text = `${this.spec.title} has trouble with its model, and tries again: ${oneLine(why, 300)}`;
    this.host.notice('warning', text);
  }

  /** @param again its thread goes on: whoever reads the log has seen what it says at its start. */
  opened(again: boolean): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    if (!again) for (const text of held) this.host.notice('warning', text);
  }

  #warn(summary: unknown, details?: unknown, held?: string[]): void {
    const [what, more] = [summary, details].map((words) => oneLine(asText(words) ?? '', 500));
    const text = [what, more].filter(Boolean).join(': ');
    if (text === '' || this.#said.has(text) || this.#said.size >= MAX_SAID) return;
    this.#said.add(text);
    const whole = `${this.spec.title}: ${text}`;
    if (held) held.push(whole);
    else this.host.notice('warning', whole);
  }
}

/** Known, and nothing for a conversation; or told by something else as well. */
const SILENT: ReadonlySet<string> = new Set([
  'account/login/completed',
  'account/rateLimits/updated',
  'account/updated',
  'app/list/updated',
  'autoApprovalReview/strictReviewRequired',
  'command/exec/outputDelta',
  'fs/changed',
  'hook/completed',
  'hook/started',
  'item/autoApprovalReview/completed',
  'item/autoApprovalReview/started',
  'item/commandExecution/terminalInteraction',
  'item/fileChange/outputDelta',
  'item/reasoning/summaryPartAdded',
  'mcpServer/oauthLogin/completed',
  'model/safetyBuffering/updated',
  'model/verification',
  'project/changed',
  'rawResponse/completed',
  'rawResponseItem/completed',
  'remoteControl/status/changed',
  'skills/changed',
  'thread/archived',
  'thread/closed',
  'thread/compacted',
  'thread/environment/connected',
  'thread/environment/disconnected',
  'thread/goal/cleared',
  'thread/goal/updated',
  'thread/prediction/updated',
  'thread/queue/changed',
  'thread/readState/changed',
  'thread/section/changed',
  'thread/status/changed',
  'thread/unarchived',
  'turn/diff/updated',
  'turn/moderationMetadata',
]);
