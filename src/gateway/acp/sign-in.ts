import { ApertureError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { GatewayMethod } from '../../core/log/entry.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type { AgentSpec } from '../agents/types.ts';
import { unknownOption, type Asked, type Outcome } from './asked.ts';
import { isReady, readAuthMethods, type AuthMethod } from './auth-methods.ts';
import { RpcError, type JsonRpcPeer } from './json-rpc.ts';

/** ACP's code for “sign in first”. */
const AUTH_REQUIRED = -32000;
/** An agent that signs in waits for its user in a browser; as long as anybody would (ms). */
const AUTHENTICATE_TIMEOUT_MS = 10 * 60_000;

const RETRY = 'retry';
const METHOD = 'method:';

export interface SignInHost {
  asks(asked: Asked): void;
  note(level: 'info' | 'warning', text: string): void;
}

/**
 * `done`: what failed may be tried again. `again`: the agent is to be started again, its user did something outside.
 * `given_up`: nobody signs in.
 */
export type SignedIn = 'done' | 'again' | 'given_up';

export const wantsSignIn = (error: unknown): error is RpcError =>
  error instanceof RpcError && error.rpcCode === AUTH_REQUIRED;

/** It refused, or took too long. */
const isAnswer = (error: unknown): boolean =>
  error instanceof RpcError || (error instanceof ApertureError && error.code === 'rpc_timeout');

/** Has an agent's user sign in: asks which way, and tells the agent. One at a time. */
export class SignIn {
  #methods: unknown;
  #underWay: Promise<SignedIn> | undefined;
  /** Ends the one that is under way. */
  #giveUp: (() => void) | undefined;

  constructor(
    private readonly peer: Pick<JsonRpcPeer, 'request'>,
    private readonly spec: AgentSpec,
    private readonly host: SignInHost,
  ) {}

  /** What the agent said in `initialize`. */
  said({ authMethods }: JsonObject): void {
    this.#methods = authMethods;
  }

  /** Whether there is anything to offer. */
  get isPossible(): boolean {
    return readAuthMethods(this.#methods, this.spec).length > 0;
  }

  /** Never rejects. Whoever comes while one is under way waits for that. */
  run(why: RpcError): Promise<SignedIn> {
    this.#underWay ??= this.#run(why).finally(() => {
      this.#underWay = undefined;
      this.#giveUp = undefined;
    });
    return this.#underWay;
  }

  /** The turn that it was for is cancelled. */
  cancel(): void {
    this.#giveUp?.();
  }

  async #run(why: RpcError): Promise<SignedIn> {
    const { spec, host } = this;
    const givenUp = new Promise<'given_up'>((resolve) => {
      this.#giveUp = () => resolve('given_up');
    });
    let failed: string | undefined;
    for (;;) {
      const methods = readAuthMethods(this.#methods, spec);
      const outcome = await Promise.race([this.#ask(methods, why, failed), givenUp]);
      if (outcome === 'given_up' || outcome.outcome === 'cancelled') return 'given_up';
      if (outcome.optionId === RETRY) return 'again';
      const methodId = outcome.optionId.slice(METHOD.length);
      const name = methods.find(({ id }) => id === methodId)?.name ?? methodId;
      host.note('info', `${spec.title} is signing in: ${name}.`);
      const wanted = new AbortController();
      const tried = this.peer.request(
        'authenticate',
        { methodId },
        () => 'done' as const,
        AUTHENTICATE_TIMEOUT_MS,
        wanted.signal,
      );
      try {
        const signedIn = await Promise.race([tried, givenUp]);
        if (signedIn === 'given_up') {
          tried.catch(() => {});
          wanted.abort();
        } else host.note('info', `${spec.title} says that you are signed in.`);
        return signedIn;
      } catch (error) {
        // The agent is gone: nobody is left to sign in to.
        if (!isAnswer(error)) return 'given_up';
        failed = oneLine(error instanceof Error ? error.message : String(error), 500);
      }
    }
  }

  #ask(methods: AuthMethod[], why: RpcError, failed: string | undefined): Promise<Outcome> {
    const ready = new Set(methods.filter(isReady).map(({ id }) => `${METHOD}${id}`));
    return new Promise((resolve) => {
      this.host.asks({
        method: GatewayMethod.signIn,
        params: {
          message: `${this.spec.title} wants you to sign in.`,
          said: oneLine(why.message, 500),
          methods,
          ...(failed !== undefined && { failed }),
        },
        check: ({ optionId, content }) =>
          content === undefined && (optionId === RETRY || ready.has(optionId))
            ? undefined
            : unknownOption(),
        respond: resolve,
      });
    });
  }
}
