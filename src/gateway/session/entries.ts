import type { ContentBlock, TurnState } from '../../core/acp.ts';
import type { ErrorInfo } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { GatewayMethod, type LoggedMessage } from '../../core/log/entry.ts';
import type { AgentState } from '../../core/wire/rest.ts';
import type { Outcome } from '../acp/asked.ts';
import type { AgentEnd } from '../acp/failures.ts';

// What the gateway itself writes into a session's log. Its additions to ACP's shapes stand under
// `_meta.aperture`.

const update = (body: JsonObject, ours: JsonObject): LoggedMessage => ({
  method: 'session/update',
  params: { update: { ...body, _meta: { aperture: ours } } },
});

export const userMessage = (content: ContentBlock, key: string, by: string): LoggedMessage =>
  update({ sessionUpdate: 'user_message_chunk', content }, { key, by });

export const turnState = (
  state: TurnState,
  key: string,
  end: { stopReason?: string; response?: JsonObject } = {},
): LoggedMessage =>
  update(
    {
      sessionUpdate: 'state_update',
      state,
      ...(end.stopReason === undefined ? {} : { stopReason: end.stopReason }),
    },
    { key, ...(end.response === undefined ? {} : { response: end.response }) },
  );

export const agentState = (state: AgentState, details: JsonObject = {}): LoggedMessage => ({
  method: GatewayMethod.agent,
  params: { state, ...details },
});

export const agentEnded = ({ state, error, ...how }: AgentEnd): LoggedMessage =>
  agentState(state, { message: error.message, error, ...how });

export const requestResolved = (
  id: string,
  by: string,
  outcome: Outcome,
  reason?: string,
): LoggedMessage => ({
  method: GatewayMethod.requestResolved,
  params: { id, by, ...withoutValues(outcome), ...(reason === undefined ? {} : { reason }) },
});

/** What somebody typed may be secret, and the log is for everybody and for long: it has the fields' names alone. */
const withoutValues = (outcome: Outcome): JsonObject => {
  if (outcome.outcome === 'cancelled') return { outcome: 'cancelled' };
  const { optionId, content } = outcome;
  return { outcome: 'selected', optionId, ...(content && { fields: Object.keys(content) }) };
};

export const failure = (error: ErrorInfo, key: string): LoggedMessage => ({
  method: GatewayMethod.error,
  params: { error, key },
});

/** The agent read or wrote a file through the gateway. */
export const file = (news: JsonObject): LoggedMessage => ({
  method: GatewayMethod.file,
  params: news,
});

/** What became of a terminal that the agent has from the gateway. */
export const terminal = (news: JsonObject): LoggedMessage => ({
  method: GatewayMethod.terminal,
  params: news,
});

/** A client changed a setting, and the agent took it; in the words of the agent's own update. */
export const setting = (body: JsonObject, key: string, by: string): LoggedMessage =>
  update(body, { key, by });

export const notice = (level: 'info' | 'warning' | 'error', text: string): LoggedMessage => ({
  method: GatewayMethod.notice,
  params: { level, text },
});

export const renamed = (title: string): LoggedMessage => ({
  method: GatewayMethod.renamed,
  params: { title },
});

export const ended = (by: string): LoggedMessage => ({
  method: GatewayMethod.ended,
  params: { by },
});
