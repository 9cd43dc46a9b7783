import { checkContent } from '../../core/elicitation/check.ts';
import { readForm, type Form } from '../../core/elicitation/form.ts';
import { readLink } from '../../core/elicitation/link.ts';
import type { ErrorInfo } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { unknownOption, type Asked, type Outcome } from './asked.ts';
import { INVALID_PARAMS, RpcError } from './json-rpc.ts';
import { matchesInTime } from './patterns.ts';

/** What the gateway says in `initialize`: its page has a form, and shows links. */
export const ELICITATION_CAPABILITIES = { form: {}, url: {} };

/** Longest request, as JSON: it is read by a person (R30). */
const MAX_SIZE = 256 * 1024;
const MAX_MESSAGE = 20_000;
/** Links of one agent that were opened and may still be told to be done. */
const MAX_OPENED = 100;

export interface ElicitationsHost {
  /** To its user, in the log. */
  note(level: 'info' | 'warning', text: string): void;
  /** What it is called. */
  readonly title: string;
}

interface AskedLink {
  readonly host: string;
  settle?: (optionId: string) => void;
  opened: boolean;
}

/** ACP's `elicitation/create` and `elicitation/complete` of one agent. */
export class Elicitations {
  /** By the agent's id for it. */
  readonly #links = new Map<string, AskedLink>();

  constructor(private readonly host: ElicitationsHost) {}

  /**
   * @param respond takes ACP's result, once.
   * @returns what is to be asked; undefined when it was declined at once, with a note of why.
   * @throws RpcError for what is no elicitation at all.
   */
  create(
    params: JsonObject,
    respond: (result: unknown) => void,
    withdrawn: AbortSignal,
  ): Asked | undefined {
    const { mode, message } = params;
    if (typeof message !== 'string') throw invalid('An elicitation needs a “message”.');
    if (mode !== 'form' && mode !== 'url') throw invalid('This mode is not supported.');
    const problem =
      message.length > MAX_MESSAGE || JSON.stringify(params).length > MAX_SIZE
        ? 'it is too large'
        : undefined;
    const form = mode === 'form' ? readForm(params['requestedSchema']) : undefined;
    const link = mode === 'url' ? readLink(params['url']) : undefined;
    const bad =
      problem ??
      (form && 'problem' in form ? form.problem : undefined) ??
      (link && 'problem' in link ? link.problem : undefined);
    if (bad !== undefined) {
      const what = mode === 'form' ? 'to have a form filled in' : 'to have a link opened';
      this.host.note(
        'warning',
        `${this.host.title} asked ${what}. It was declined, because ${bad}.`,
      );
      respond({ action: 'decline' });
      return undefined;
    }
    const base = { method: 'elicitation/create', params, withdrawn };
    if (form) {
      return {
        ...base,
        check: (chosen) => checkForm(form as Form, chosen),
        respond: (outcome) => respond(resultOf(outcome)),
      };
    }
    return this.#link(link as { host: string }, base, respond);
  }

  /** The agent's `elicitation/complete`. @returns false for a link that nobody was asked to open. */
  complete({ elicitationId }: JsonObject): boolean {
    const id = String(elicitationId);
    const link = this.#links.get(id);
    if (!link) return false;
    this.#links.delete(id);
    if (link.opened) {
      this.host.note(
        'info',
        `${this.host.title} says that what was opened at ${link.host} is done.`,
      );
    } else link.settle?.('accept');
    return true;
  }

  #link(
    { host }: { host: string },
    base: Pick<Asked, 'method' | 'params' | 'withdrawn'>,
    respond: (result: unknown) => void,
  ): Asked {
    const id = base.params['elicitationId'];
    if (typeof id !== 'string') throw invalid('A link needs an “elicitationId”.');
    if (this.#links.get(id)?.opened === false) throw invalid('This “elicitationId” is in use.');
    const link: AskedLink = { host, opened: false };
    this.#links.set(id, link);
    if (this.#links.size > MAX_OPENED) this.#links.delete(this.#links.keys().next().value!);
    const forget = (): void => {
      if (this.#links.get(id) === link) this.#links.delete(id);
    };
    base.withdrawn?.addEventListener('abort', forget, { once: true });
    return {
      ...base,
      check: ({ optionId, content }) =>
        CHOICES.has(optionId) && content === undefined ? undefined : unknownOption(),
      respond: (outcome) => {
        link.opened = outcome.outcome === 'selected' && outcome.optionId === 'accept';
        if (!link.opened) forget();
        respond(resultOf(outcome));
      },
      settledElsewhere: (settle) => (link.settle = settle),
    };
  }
}

const CHOICES = new Set(['accept', 'decline']);

function checkForm(
  form: Form,
  { optionId, content }: Extract<Outcome, { outcome: 'selected' }>,
): ErrorInfo | undefined {
  if (!CHOICES.has(optionId)) return unknownOption();
  if (optionId === 'decline') return undefined;
  const wrong = checkContent(form, content ?? {}, matchesInTime);
  if (!wrong) return undefined;
  return {
    code: 'bad_content',
    message: `The form is not filled in as it asks for: see “${wrong.field}”. ${wrong.problem}`,
    retryable: false,
  };
}

function resultOf(outcome: Outcome): JsonObject {
  if (outcome.outcome === 'cancelled') return { action: 'cancel' };
  const { optionId, content } = outcome;
  return { action: optionId, ...(isObject(content) && optionId === 'accept' && { content }) };
}

const invalid = (message: string): RpcError => new RpcError(INVALID_PARAMS, message);
