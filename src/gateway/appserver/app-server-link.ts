import type { ContentBlock } from '../../core/acp.ts';
import { ApertureError } from '../../core/errors.ts';
import { type JsonObject } from '../../core/json.ts';
import type { AgentEnd } from '../acp/failures.ts';
import { JsonRpcPeer } from '../acp/json-rpc.ts';
import type { AgentHost, AgentOptions, AgentPort, PromptOutcome } from '../agent/port.ts';
import { openChannel, type AgentChannel } from './channel.ts';
import { describeEnd, describeRequest, describeStart } from './failures.ts';
import { Handshake, type Opened } from './handshake.ts';
import { PROMPT_CAPABILITIES, toInput } from './input.ts';
import { TurnItems } from './items.ts';
import { Notifications } from './notifications.ts';
import { asObject, asText, read } from './protocol.ts';
import { ServerRequests } from './requests.ts';
import { ThreadSettings } from './settings.ts';
import { Turn } from './turn.ts';

/** Lines that are no messages: more than this, and the agent is stopped. */
const MAX_BAD_LINES = 10_000;
/** Conversations that ours began, and whose questions are the reader's too (R30). */
const MAX_CHILDREN = 1_000;

/**
 * One life of one `codex app-server`, or of the connection to one: handshake, one thread. It speaks ACP's words upward, so that a
 * session, its log and its pages need not know which kind of agent they have.
 */
export class AppServerLink implements AgentPort {
  readonly #process: AgentChannel;
  readonly #peer: JsonRpcPeer;
  readonly #items: TurnItems;
  readonly #requests: ServerRequests;
  readonly #notifications: Notifications;
  readonly #settings: ThreadSettings;
  readonly #handshake: Handshake;
  readonly #children = new Set<string>();
  #threadId: string | undefined;
  #turn: Turn | undefined;
  #over = false;
  #badLines = 0;

  constructor(
    private readonly options: AgentOptions,
    private readonly host: AgentHost,
  ) {
    const { spec, cwd, extras } = options;
    this.#peer = new JsonRpcPeer({
      write: (line) => this.#process.write(line),
      notification: (method, params) => this.#over || this.#notifications.heard(method, params),
      request: (method, params, id) => this.#over || this.#requests.request(method, params, id),
      malformed: (line) => {
        // Its text stays out of the gateway's log (R48): it may be anything.
        host.odd('bad_line', `${line.length} characters`);
        if (++this.#badLines === MAX_BAD_LINES) this.#process.killForFlooding();
      },
    });
    const update = (body: JsonObject): void => {
      if (!this.#over) host.update({ sessionId: this.#threadId, update: body });
    };
    const notice: AgentHost['notice'] = (level, text) => this.#over || host.notice(level, text);
    this.#items = new TurnItems({
      update,
      served: (news) => this.#over || host.served(news),
      notice,
      odd: (what, detail) => host.odd(what, detail),
    });
    this.#settings = new ThreadSettings(extras.additionalDirectories);
    this.#requests = new ServerRequests(this.#peer, this.#items, {
      title: spec.title,
      asks: (asked) => host.asks(asked),
      isOurs: ({ threadId }) => threadId === this.#threadId || this.#children.has(String(threadId)),
      permission: (params, respond, withdrawn) => host.permission(params, respond, withdrawn),
      notice,
      odd: (what, detail) => host.odd(what, detail),
    });
    this.#notifications = new Notifications(spec, this.#items, {
      isOurs: (threadId) => threadId === this.#threadId,
      isChild: (threadId) => this.#children.has(threadId),
      began: (threadId) => {
        if (this.#children.size < MAX_CHILDREN) this.#children.add(threadId);
      },
      turnStarted: (id) => this.#turn?.started(id),
      turnOver: (id, outcome) => this.#turn?.over(id, outcome),
      settings: (told) => {
        this.#settings.told(told);
        this.#tellSettings();
      },
      resolved: (params) => this.#requests.resolved(params),
      update,
      notice,
      odd: (what, detail) => host.odd(what, detail),
    });
    this.#process = openChannel(spec, cwd, {
      line: (line) => this.#peer.receive(line),
      exited: (exit) => {
        const starting = this.#threadId === undefined;
        this.#end(describeEnd(spec, exit, this.#process.stderrTail(), starting));
      },
    });
    this.#handshake = new Handshake(this.#peer, options, {
      models: (models) => {
        this.#settings.models = models;
        if (this.#threadId !== undefined) this.#tellSettings();
      },
      opened: (opened) => this.#opened(opened),
    });
    this.#handshake.run().catch((error: unknown) => {
      if (this.#over) return;
      const { step } = this.#handshake;
      const stderr = this.#process.stderrTail();
      this.#end(describeStart(spec, error, step, options.initTimeoutMs, stderr));
      void this.#process.stop(options.stopGraceMs);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  prompt(prompt: readonly ContentBlock[], settle: (outcome: PromptOutcome) => void): void {
    const { params, taken } = this.#settings.forTurn();
    const turn = new Turn(
      (turnId) => this.#interrupt(turnId),
      (outcome) => {
        if (this.#turn === turn) this.#turn = undefined;
        settle(outcome);
      },
    );
    this.#turn = turn;
    const whole = { threadId: this.#threadId, input: toInput(prompt), ...params };
    this.#peer
      .request('turn/start', whole, (result) => {
        taken();
        const id = read('turn', result)?.turn.id;
        if (id !== undefined) return turn.accepted(id);
        const { title } = this.options.spec;
        throw new ApertureError(
          'agent_protocol',
          `${title} began a turn without an id. Update it, or this gateway.`,
        );
      })
      .catch((error: unknown) => {
        if (!this.#over) turn.failed(describeRequest(this.options.spec, error));
      });
  }

  async steer(prompt: readonly ContentBlock[]): Promise<void> {
    const { spec } = this.options;
    try {
      const turnId = await this.#turn?.known;
      if (turnId === undefined) throw late(spec.title);
      const params = {
        threadId: this.#threadId,
        expectedTurnId: turnId,
        input: toInput(prompt),
      };
      await this.#peer.request('turn/steer', params, asObject);
    } catch (error) {
      if (this.#over) throw late(spec.title);
      const { code, message, retryable } = describeRequest(spec, error);
      throw new ApertureError(code, message, { retryable });
    }
  }

  async set(method: string, params: JsonObject): Promise<JsonObject> {
    if (method !== 'session/set_config_option') {
      throw new ApertureError('setting_refused', `${this.options.spec.title} has no modes.`);
    }
    this.#settings.change(params['configId'], params['value']);
    return { configOptions: this.#settings.options };
  }

  cancel(): void {
    this.#turn?.cancel();
  }

  pause(): void {
    this.#process.pauseOutput();
  }

  resume(): void {
    this.#process.resumeOutput();
  }

  stop(): Promise<void> {
    // A server goes on without us; a process of ours ends anyway.
    if (this.options.spec.server) this.#turn?.cancel();
    this.#over = true;
    this.#items.close();
    this.#peer.close(new ApertureError('agent_stopped', 'The agent was stopped.'));
    return this.#process.stop(this.options.stopGraceMs);
  }

  #end(end: AgentEnd): void {
    if (this.#over) return;
    // It may say why; and what still runs ends before it: nothing follows its end in the log.
    this.#notifications.opened(false);
    this.#items.close();
    this.#over = true;
    this.#peer.close(new ApertureError(end.error.code, end.error.message, end.error));
    this.host.ended(end);
  }

  #opened({ settings, memory, left, version }: Opened): void {
    const { id, name } = settings.thread;
    this.#threadId = id;
    this.#settings.told(settings);
    this.host.ready({
      acpSessionId: id,
      memory,
      left,
      details: {
        agentInfo: { name: 'codex', title: this.options.spec.title, ...(version && { version }) },
        agentCapabilities: { promptCapabilities: PROMPT_CAPABILITIES },
        configOptions: this.#settings.options,
        steer: true,
      },
    });
    this.#notifications.opened(memory === 'resumed');
    const title = asText(name);
    if (title) {
      this.host.update({ sessionId: id, update: { sessionUpdate: 'session_info_update', title } });
    }
  }

  #tellSettings(): void {
    this.host.update({
      sessionId: this.#threadId,
      update: { sessionUpdate: 'config_option_update', configOptions: this.#settings.options },
    });
  }

  #interrupt(turnId: string): void {
    const params = { threadId: this.#threadId, turnId };
    // What it answers says nothing: the turn's own end does, and one that is over needs no stopping.
    this.#peer.request('turn/interrupt', params, asObject).catch(() => {});
  }
}

const late = (title: string): ApertureError =>
  new ApertureError(
    'not_steered',
    `${title} had finished before this message came. Send it again.`,
    {
      retryable: true,
    },
  );
