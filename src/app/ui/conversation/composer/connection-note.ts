import { html, nothing, type TemplateResult } from 'lit';
import { cleanText } from '../../../../core/text/sanitise.ts';
import type { SessionRecord } from '../../../store/types.ts';
import { statusDisconnected, statusError, statusReconnecting, warning } from '../../icons.ts';
import { CommandEvent } from '../../command-event.ts';
import { act } from '../../intent.ts';

/** The endpoint's token is missing or locked: that is put right in its list. */
const TOKEN: ReadonlySet<string> = new Set(['locked', 'no_token']);

/** Another tab or device drives the session, and only one may (R64). */
const TAKEN: ReadonlyMap<string, { words: string; action: string }> = new Map([
  [
    'held_elsewhere',
    {
      words: 'This session is open in another tab, and its server allows one at a time.',
      action: 'Take over here',
    },
  ],
  ['replaced', { words: 'Another tab or device took this session over.', action: 'Take it back' }],
]);

/**
 * What stands between the reader and the agent, and what to do about it; nothing when all is well.
 * Reads the connection and the summary.
 */
export function connectionNote(
  record: SessionRecord,
  from: EventTarget,
): TemplateResult | undefined {
  const { id } = record;
  const connection = record.connection.value;
  const connect = (label: string): TemplateResult =>
    html`<button
      type="button"
      class="button small"
      @click=${() => act(from, (actions) => actions.connect(id))}
    >
      ${label}
    </button>`;
  switch (connection.status) {
    case 'connecting':
      return note('quiet', statusReconnecting, html`Connecting…`);
    case 'reconnecting': {
      const { attempt, max, reason } = connection;
      return note(
        'amber',
        statusReconnecting,
        html`<span title=${reason}
          >Reconnecting…${
            attempt > 1
              ? html` <span class="detail">attempt ${attempt}${max ? ` of ${max}` : ''}</span>`
              : nothing
          }</span
        >`,
        html`<button
          type="button"
          class="link-button"
          @click=${() => act(from, (actions) => actions.retryNow(id))}
        >
          Retry now
        </button>`,
      );
    }
    case 'disconnected':
      return connection.reason === 'hibernated'
        ? note(
            'quiet',
            statusDisconnected,
            html`Resting, to free a connection for another session. Nothing is lost.`,
            connect('Connect'),
          )
        : note(
            'quiet',
            statusDisconnected,
            html`Not connected. Sending a message connects it.`,
            connect('Connect'),
          );
    case 'error': {
      const taken = TAKEN.get(connection.error.code);
      if (taken) {
        const take = () => act(from, (actions) => actions.takeOver(id));
        return note(
          'amber',
          statusDisconnected,
          html`${taken.words}`,
          html`<button type="button" class="button small" @click=${take}>${taken.action}</button>`,
        );
      }
      const words = html`${cleanText(connection.error.message)}`;
      if (TOKEN.has(connection.error.code)) {
        const open = () => from.dispatchEvent(new CommandEvent('app.endpoints'));
        return note(
          'amber',
          statusError,
          words,
          html`<button type="button" class="button small" @click=${open}>Endpoints…</button>`,
        );
      }
      return note(
        'red',
        statusError,
        words,
        connect(connection.error.retryable ? 'Retry' : 'Connect'),
      );
    }
    case 'ended':
      return note(
        'quiet',
        statusDisconnected,
        connection.gone
          ? html`This session is gone on its server. What you see is your local copy.`
          : html`This session has ended. Start a new one to go on.`,
      );
    case 'connected': {
      const { agentState, error, agentTitle } = record.summary.value;
      if (agentState === 'starting') {
        return note('quiet', statusReconnecting, html`${agentTitle} is starting…`);
      }
      if (agentState === 'ready') return undefined;
      // Why is the last thing in the conversation, in full.
      return note(
        agentState === 'failed' ? 'red' : 'quiet',
        agentState === 'failed' ? statusError : warning,
        html`<span title=${error ? cleanText(error.message) : nothing}
          >${agentTitle} is not running. Send a message to start it again.</span
        >`,
      );
    }
  }
}

function note(
  tone: 'quiet' | 'amber' | 'red',
  icon: TemplateResult,
  words: TemplateResult,
  action?: TemplateResult,
): TemplateResult {
  return html`<div class="note ${tone}" role="status">
    ${icon}<span class="words">${words}</span>${action ?? nothing}
  </div>`;
}
