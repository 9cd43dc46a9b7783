import type { ContentBlock } from '../../core/acp.ts';
import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { NoticeLevel } from '../../core/updates/rare.ts';
import type { AgentSpec } from '../agents/types.ts';
import { AgentProcess } from './agent-process.ts';
import { describeExit, describeRpcError, describeStartFailure, type AgentEnd } from './failures.ts';
import { CANCELLED, type Asked } from './asked.ts';
import { ELICITATION_CAPABILITIES, Elicitations } from './elicitation.ts';
import { agentEnvironment } from './environment.ts';
import { fitting, type SessionExtras } from './extras.ts';
import { AgentPeer, type AgentPeerHost } from './agent-peer.ts';
import type { Oddity } from './oddity.ts';
import { AgentRequests } from './requests.ts';
import { CLIENT_CAPABILITIES, Services, type ServiceNews } from './services/services.ts';
import { SignIn, wantsSignIn, type SignedIn } from './sign-in.ts';
import { isRepeated } from './quirks/replayed-history.ts';
import { isTurnState, withoutOurs } from './updates.ts';

/** Updates that may arrive before the agent has said its session's id. */
const MAX_EARLY_UPDATES = 200;
/** Notes about one agent that its user gets; more are only counted. */
const MAX_NOTES = 100;
/** Lines that are no messages: more than this, and the agent is stopped. */
const MAX_BAD_LINES = 10_000;
/** Longest wait for an agent to close its session before it is stopped, ms. */
const CLOSE_MS = 2_000;

export interface LinkOptions {
  readonly spec: AgentSpec;
  readonly cwd: string;
  readonly extras: SessionExtras;
  /** The ACP session to go on with, if this agent ran before. */
  readonly previous?: string;
  /** Longest wait for each answer of the handshake, ms. */
  readonly initTimeoutMs: number;
  /** From SIGTERM to SIGKILL, ms. */
  readonly stopGraceMs: number;
  readonly version: string;
}

export interface AgentReady {
  /** The agent's own session id; means nothing to a page. */
  readonly acpSessionId: string;
  /** `forgotten`: there was a previous session, and the agent does not know it any more. */
  readonly memory: 'new' | 'resumed' | 'loaded' | 'forgotten';
  /** What the agent said of itself, as it said it. */
  readonly details: JsonObject;
  /** What it cannot take of that which the session was given, in words. */
  readonly left: readonly string[];
}

export type PromptOutcome =
  { ok: true; stopReason: string; response: JsonObject } | { ok: false; error: ErrorInfo };

export interface LinkHost {
  /** The session is open; prompts may go. At most once. */
  ready(info: AgentReady): void;
  /** An update of this session, live, as it came; without what only the gateway may say. */
  update(params: JsonObject): void;
  /**
   * A permission request; `respond` takes ACP's result and may be called once. `withdrawn` aborts when the
   * agent does not want an answer any more.
   */
  permission(params: JsonObject, respond: (result: unknown) => void, withdrawn: AbortSignal): void;
  /** Another request for its user: an elicitation, or the gateway's own for a sign-in. Asked again after its end by nobody. */
  asks(asked: Asked): void;
  /** Something that its user should know. */
  notice(level: NoticeLevel, text: string): void;
  /** Its user wants it to be started again, with what it was about to do. The link is of no use any more. */
  again(): void;
  /** What the gateway did for it. */
  served(news: ServiceNews): void;
  /** It could not be started, or is gone. Once; never after `stop`. */
  ended(end: AgentEnd): void;
  odd(what: Oddity, detail: string): void;
}

/**
 * One life of one agent: process, handshake, one ACP session. A session that starts its agent again makes
 * a new link, so that what an older process still says goes nowhere.
 */
export class AgentLink {
  readonly #process: AgentProcess;
  readonly #peer: AgentPeer;
  readonly #services: Services;
  readonly #elicitations: Elicitations;
  readonly #signIn: SignIn;
  readonly #requests: AgentRequests;
  #acpSessionId: string | undefined;
  #early: JsonObject[] = [];
  /** While `session/load` replays what the log already has. */
  #replaying = false;
  #step = 'initialize';
  #ready = false;
  /** It wants to be told when its session is over. */
  #closes = false;
  #over = false;
  #badLines = 0;
  #notes = 0;
  /** The prompt that is under way was cancelled: it is not sent again. */
  #cancelled = false;
  #left: readonly string[] = [];

  constructor(
    private readonly options: LinkOptions,
    private readonly host: LinkHost,
  ) {
    const { spec, cwd, extras } = options;
    this.#peer = new AgentPeer(spec, this.#peerHost());
    this.#services = new Services({
      roots: [cwd, ...extras.additionalDirectories],
      // The agent's own keys are its own: what it runs gets what it passes on.
      environment: () => agentEnvironment({ env: {}, passEnv: [] }, process.env),
      news: (news) => this.#over || host.served(news),
    });
    const asks = (asked: Asked): void => (this.#over ? asked.respond(CANCELLED) : host.asks(asked));
    const note = (level: 'info' | 'warning', text: string): void => this.#note(level, text);
    this.#elicitations = new Elicitations({ title: spec.title, note });
    this.#signIn = new SignIn(this.#peer, spec, { asks, note });
    this.#requests = new AgentRequests(this.#peer, this.#services, this.#elicitations, {
      asks,
      isOurs: ({ sessionId }) =>
        this.#acpSessionId !== undefined && sessionId === this.#acpSessionId,
      permission: (params, respond, withdrawn) => host.permission(params, respond, withdrawn),
      odd: (what, detail) => host.odd(what, detail),
    });
    this.#process = new AgentProcess(spec, cwd, {
      line: (line) => this.#peer.receive(line),
      exited: (exit) => {
        this.#end(describeExit(spec, exit, this.#process.stderrTail(), !this.#ready));
      },
    });
    this.#handshake().catch((error: unknown) => {
      if (this.#over) return;
      const { initTimeoutMs } = options;
      const stderr = this.#process.stderrTail();
      const end = describeStartFailure(spec, error, this.#step, initTimeoutMs, stderr);
      this.#end(end);
      void this.#process.stop(options.stopGraceMs);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** `settle` runs in the order of the agent's messages: every update of the turn has been delivered by then. */
  prompt(prompt: readonly ContentBlock[], settle: (outcome: PromptOutcome) => void): void {
    this.#cancelled = false;
    this.#prompt(prompt, settle);
  }

  #prompt(prompt: readonly ContentBlock[], settle: (outcome: PromptOutcome) => void): void {
    const params = { sessionId: this.#acpSessionId, prompt };
    const answered = this.#peer.request('session/prompt', params, (result) => {
      const response = isObject(result) ? result : {};
      const stopReason = response['stopReason'];
      settle({
        ok: true,
        stopReason: typeof stopReason === 'string' ? stopReason : 'end_turn',
        response,
      });
    });
    void answered.then(undefined, async (error: unknown) => {
      const signedIn = await this.#signedIn(error);
      if (signedIn === 'again') return this.host.again();
      if (signedIn === 'done' && !this.#cancelled) return this.#prompt(prompt, settle);
      settle({ ok: false, error: describeRpcError(this.options.spec, error) });
    });
  }

  /** After a request that failed: has the user sign in, if that is what the agent wants and a way is known. */
  async #signedIn(error: unknown): Promise<SignedIn> {
    const possible = !this.#over && wantsSignIn(error) && this.#signIn.isPossible;
    return possible ? this.#signIn.run(error) : 'given_up';
  }

  #note(level: NoticeLevel, text: string): void {
    if (this.#over) return;
    if (++this.#notes <= MAX_NOTES) this.host.notice(level, text);
    else this.host.odd('note_dropped', level);
  }

  /**
   * Changes a setting of the session (`session/set_mode`, `session/set_config_option`). Resolves with what the
   * agent answered.
   *
   * @throws ErrorInfo-like ApertureError, in words for the reader.
   */
  async set(method: string, params: JsonObject): Promise<JsonObject> {
    const { spec, initTimeoutMs } = this.options;
    const whole = { ...params, sessionId: this.#acpSessionId };
    try {
      return await this.#peer.request(method, whole, asObject, initTimeoutMs);
    } catch (error) {
      const info = describeRpcError(spec, error);
      throw new ApertureError(info.code, info.message, { retryable: info.retryable });
    }
  }

  cancel(): void {
    this.#cancelled = true;
    this.#signIn.cancel();
    this.#peer.notify('session/cancel', { sessionId: this.#acpSessionId });
  }

  /** Hears no further what the agent says, which it is to notice by its pipe; nothing is lost. */
  pause(): void {
    this.#process.pauseOutput();
  }

  resume(): void {
    this.#process.resumeOutput();
  }

  /** ACP's `session/close`, where the agent has it. */
  async close(): Promise<void> {
    if (this.#over || !this.#closes) return;
    const params = { sessionId: this.#acpSessionId };
    await this.#peer.request('session/close', params, asObject, CLOSE_MS).catch(() => {});
  }

  /** Ends the process; the host hears nothing more. Resolves when it is gone. */
  stop(): Promise<void> {
    this.#over = true;
    this.#services.close();
    this.#peer.close(new ApertureError('agent_stopped', 'The agent was stopped.'));
    return this.#process.stop(this.options.stopGraceMs);
  }

  #end(end: AgentEnd): void {
    if (this.#over) return;
    // Its terminals end before it: nothing follows its end in the log.
    this.#services.close();
    this.#over = true;
    this.#peer.close(new ApertureError(end.error.code, end.error.message, end.error));
    this.host.ended(end);
  }

  async #handshake(): Promise<void> {
    const { cwd, initTimeoutMs, version } = this.options;
    const hello = await this.#peer.initialize(
      {
        clientCapabilities: {
          ...CLIENT_CAPABILITIES,
          elicitation: ELICITATION_CAPABILITIES,
          auth: { terminal: true },
        },
        clientInfo: { name: 'aperture', title: 'Aperture', version },
      },
      initTimeoutMs,
    );
    this.#signIn.said(hello);
    const { params, left } = fitting(this.options.extras, hello);
    this.#left = left;
    const base = { cwd, ...params };
    for (;;) {
      try {
        return await this.#open(hello, base);
      } catch (error) {
        const signedIn = await this.#signedIn(error);
        if (signedIn === 'again') return this.host.again();
        if (signedIn === 'given_up') throw error;
      }
    }
  }

  async #open(hello: JsonObject, base: object): Promise<void> {
    const { previous, initTimeoutMs } = this.options;
    let memory: AgentReady['memory'] = 'new';
    if (previous !== undefined) {
      if (await this.#goOn(previous, base, hello)) return;
      memory = 'forgotten';
    }
    this.#step = 'session/new';
    await this.#peer.request(
      'session/new',
      base,
      (result) => {
        const opened = asObject(result);
        const id = opened['sessionId'];
        if (typeof id !== 'string') {
          throw new ApertureError(
            'agent_protocol',
            `${this.options.spec.title} opened a session without an id. Update the agent.`,
          );
        }
        this.#opened(id, memory, hello, opened);
      },
      initTimeoutMs,
    );
  }

  /** @returns false when the agent cannot, or does not know the session any more. */
  async #goOn(previous: string, base: object, hello: JsonObject): Promise<boolean> {
    const capabilities = isObject(hello['agentCapabilities']) ? hello['agentCapabilities'] : {};
    const more = capabilities['sessionCapabilities'];
    const ways: [method: string, memory: 'resumed' | 'loaded'][] = [];
    if (isObject(more) && isObject(more['resume'])) ways.push(['session/resume', 'resumed']);
    if (capabilities['loadSession'] === true) ways.push(['session/load', 'loaded']);
    for (const [method, memory] of ways) {
      this.#step = method;
      this.#acpSessionId = previous;
      this.#replaying = true;
      try {
        await this.#peer.request(
          method,
          { ...base, sessionId: previous },
          (result) => this.#opened(previous, memory, hello, isObject(result) ? result : {}),
          this.options.initTimeoutMs,
        );
        return true;
      } catch (error) {
        if (this.#over) throw error;
        this.#acpSessionId = undefined;
        this.#replaying = false;
        // It may well know the session, once somebody has signed in.
        if (wantsSignIn(error) && this.#signIn.isPossible) throw error;
      }
    }
    return false;
  }

  #opened(id: string, memory: AgentReady['memory'], hello: JsonObject, opened: JsonObject): void {
    this.#acpSessionId = id;
    this.#replaying = false;
    this.#ready = true;
    const capabilities = asObject(hello['agentCapabilities']);
    this.#closes = isObject(asObject(capabilities['sessionCapabilities'])['close']);
    const { sessionId: _, ...rest } = opened;
    this.host.ready({
      acpSessionId: id,
      memory,
      left: this.#left,
      details: {
        agentInfo: hello['agentInfo'] ?? undefined,
        agentCapabilities: hello['agentCapabilities'] ?? undefined,
        ...rest,
      },
    });
    const early = this.#early;
    this.#early = [];
    for (const params of early) this.#update(params);
  }

  #peerHost(): AgentPeerHost {
    return {
      write: (line) => this.#process.write(line),
      notification: (method, params) => {
        if (this.#over) return;
        if (method === 'session/update') this.#update(params);
        else if (method === '$/cancel_request') this.#requests.cancel(params);
        else if (method === 'elicitation/complete' && this.#elicitations.complete(params)) return;
        else this.host.odd('unknown_notification', method);
      },
      request: (method, params, id) => this.#over || this.#requests.request(method, params, id),
      notice: (level, text) => this.#note(level, text),
      terminal: (news) => this.#over || this.host.served({ what: 'terminal', ...news }),
      malformed: (line) => {
        // Its text stays out of the gateway's log (R48): it may be anything.
        this.host.odd('bad_line', `${line.length} characters`);
        if (++this.#badLines === MAX_BAD_LINES) this.#process.killForFlooding();
      },
    };
  }

  #update(params: JsonObject): void {
    if (this.#acpSessionId === undefined) {
      if (this.#early.length < MAX_EARLY_UPDATES) this.#early.push(params);
      else this.host.odd('early_update', 'session/update');
      return;
    }
    if (params['sessionId'] !== this.#acpSessionId) {
      return this.host.odd('foreign_session', 'session/update');
    }
    // A replay repeats the conversation, which the log has; modes and commands are news.
    if (this.#replaying && isRepeated(params)) return;
    if (isTurnState(params)) return this.host.odd('turn_state', 'session/update');
    this.host.update(withoutOurs(params));
  }
}

const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
