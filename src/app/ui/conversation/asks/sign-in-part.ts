import { html, nothing, type TemplateResult } from 'lit';
import { isObject, type JsonObject } from '../../../../core/json.ts';
import { safeLink } from '../../../../core/text/link.ts';
import { revealHidden } from '../items/content.ts';
import type { AskContext } from './ask-card.ts';
import { copy } from './link-part.ts';

/** As the gateway writes it into the log; see PROTOCOL.md 4.6. */
interface Method {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly type: string;
  readonly variables: readonly { name: string; optional: boolean; set: boolean }[];
  readonly link?: string;
  readonly command?: string;
}

export interface SignInRequest {
  readonly methods: readonly Method[];
  /** What the agent said when it refused, and when the last try failed. */
  readonly said?: string;
  readonly failed?: string;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const objects = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

export function readSignIn(params: JsonObject): SignInRequest {
  return {
    said: text(params['said']),
    failed: text(params['failed']),
    methods: objects(params['methods']).map((method) => ({
      id: String(method['id']),
      name: text(method['name']) ?? String(method['id']),
      description: text(method['description']),
      type: String(method['type']),
      link: text(method['link']),
      command: text(method['command']),
      variables: objects(method['variables']).map(({ name, optional, set }) => ({
        name: String(name),
        optional: optional === true,
        set: set === true,
      })),
    })),
  };
}

/** The ways that an agent offers to sign in. No secret is asked for here: it would pass through this page. */
export function signInPart(params: JsonObject, context: AskContext): TemplateResult {
  const { methods, said, failed } = readSignIn(params);
  const { sending, answer } = context;
  const outside = methods.some(({ type }) => type !== 'agent');
  return html`
    ${said ? html`<p class="hint">It says: ${revealHidden(said)}</p>` : nothing}
    ${
      failed
        ? html`<p class="approval-error" role="alert">
            Signing in failed: ${revealHidden(failed)} Try again, or choose another way.
          </p>`
        : nothing
    }
    <ul class="ask-methods">
      ${methods.map((method) => html`<li data-method=${method.id}>${way(method, context)}</li>`)}
    </ul>
    <div class="approval-options">
      <button
        type="button"
        class="button ${outside && !methods.some(isReady) ? 'primary' : ''}"
        ?disabled=${sending}
        @click=${() => answer('retry')}
      >
        Try again
      </button>
      <button
        type="button"
        class="button quiet"
        ?disabled=${sending}
        @click=${() => answer(undefined)}
      >
        Not now
      </button>
      <span class="approval-keys" aria-live="polite">${sending ? 'Sending…' : ''}</span>
    </div>
  `;
}

const isReady = ({ type, variables }: Method): boolean =>
  type === 'agent' ||
  (type === 'env_var' && variables.every(({ optional, set }) => optional || set));

function way(method: Method, { sending, answer, agent }: AskContext): TemplateResult {
  const { id, name, description, variables, command } = method;
  const link = method.link === undefined ? null : safeLink(method.link);
  const missing = variables.filter(({ optional, set }) => !optional && !set);
  return html`<p class="ask-title">${revealHidden(name)}</p>
    ${description ? html`<p class="hint">${revealHidden(description)}</p>` : nothing}
    ${
      missing.length > 0
        ? html`<p class="hint">
            Set
            ${missing.map((one, index) => html`${index > 0 ? ', ' : ''}<code>${one.name}</code>`)}
            where the gateway runs: in its config file, under <code>agents</code> in the
            <code>env</code> of ${revealHidden(agent)}; or in the gateway’s own environment, with
            the name in <code>passEnv</code>. Start the gateway again then.
            ${
              link
                ? html`A key can be had at
                    <a href=${link} target="_blank" rel="noopener noreferrer">${link}</a>.`
                : nothing
            }
          </p>`
        : nothing
    }
    ${
      command === undefined
        ? nothing
        : html`<p class="hint">
              Run this in a terminal where the gateway runs, sign in there, and then try again here:
            </p>
            <div class="ask-command">
              <pre tabindex="0">${revealHidden(command)}</pre>
              <button
                type="button"
                class="button small"
                @click=${(event: Event) => copy(event, command)}
              >
                Copy
              </button>
            </div>`
    }
    ${
      isReady(method)
        ? html`<button
            type="button"
            class="button primary"
            ?disabled=${sending}
            @click=${() => answer(`method:${id}`)}
          >
            ${
              variables.length === 0
                ? `Sign in: ${revealHidden(name)}`
                : `Use ${variables.map((one) => one.name).join(', ')}`
            }
          </button>`
        : nothing
    }`;
}
