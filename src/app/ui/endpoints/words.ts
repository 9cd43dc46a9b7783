import type { EndpointPolicy, ProtocolName } from '../../../core/endpoint/policy.ts';
import type { ProbeTrouble } from '../../../core/endpoint/probe.ts';
import type { TokenKeeping } from '../../store/endpoint-types.ts';

/** What a connection of this model is, in one sentence. */
export const PROTOCOL_ABOUT: Readonly<Record<ProtocolName, string>> = {
  aperture:
    'Runs agents and keeps a log of every session: nothing is lost when the connection breaks.',
  acp: 'Speaks the Agent Client Protocol, several sessions on one connection.',
  legacy: 'The first kind of gateway: one connection for each session, history by request.',
  thread: 'One connection for each thread, many requests on it.',
  single: 'One connection for each request; it ends with the answer.',
  scoped: 'Many chats share one connection; every event names its chat.',
  bidi: 'The connection is the session: when it breaks, the session is over.',
};

/** The head of a trouble's box. */
export const TROUBLE_TITLE: Readonly<Record<ProbeTrouble, string>> = {
  bad_address: 'This is no address',
  mixed_content: 'The browser refuses unencrypted connections here',
  private_network: 'The browser keeps pages off your network',
  unreachable: 'Nothing answers',
  no_websocket: 'Something answers, but not with a WebSocket',
  unknown_protocol: 'A WebSocket that speaks something else',
  token_wanted: 'A token is needed',
  unauthorized: 'The token was refused',
  forbidden_origin: 'The server does not admit this page',
};

/** Where choosing by hand may still lead somewhere. */
export const BY_HAND_AFTER: ReadonlySet<ProbeTrouble> = new Set([
  'unreachable',
  'no_websocket',
  'unknown_protocol',
  'token_wanted',
  'unauthorized',
  'private_network',
]);

export const KEEPING: readonly (readonly [TokenKeeping, string, string])[] = [
  ['tab', 'For this tab only', 'It is gone when the tab is closed.'],
  [
    'passphrase',
    'On this device, with a passphrase',
    'Encrypted. You are asked for the passphrase when you open Aperture.',
  ],
  ['plain', 'On this device, as it is', 'Whoever can use this browser profile can read it.'],
];

type PolicyName = keyof EndpointPolicy;

interface PolicyChoice<Name extends PolicyName = PolicyName> {
  readonly name: Name;
  readonly label: string;
  /** One line: what is decided here. */
  readonly about: string;
  readonly options: readonly (readonly [EndpointPolicy[Name], string])[];
}

const reconnect: PolicyChoice<'reconnect'> = {
  name: 'reconnect',
  label: 'When the connection breaks',
  about: 'How Aperture tries to come back.',
  options: [
    ['backoff', 'Try again, more and more slowly, without end'],
    ['steps', 'Try three times (1, 2, 4 s), then wait for me'],
    ['manual', 'Wait for me'],
  ],
};

/** There a connection ends with its answer; what is left to come back from is a server that does not answer. */
const redial: PolicyChoice<'reconnect'> = {
  ...reconnect,
  label: 'When the server cannot be reached',
  about: 'How Aperture tries to reach it.',
};

const concurrency = (parallel: boolean): PolicyChoice<'concurrency'> => ({
  name: 'concurrency',
  label: 'A message while a turn runs',
  about: 'What Enter does before the answer is complete.',
  options: [
    ['ask', 'As in the settings'],
    ['queue', 'Wait for the end, then send'],
    ['cancel-previous', 'Stop the running one, then send'],
    ['reject', 'Refuse it'],
    ...(parallel ? ([['parallel', 'Send it beside the first']] as const) : []),
  ],
});

const partial: PolicyChoice<'partial'> = {
  name: 'partial',
  label: 'An answer that was cut off',
  about: 'What becomes of the part that had come.',
  options: [
    ['keep', 'Keep it, and mark it'],
    ['discard', 'Take it away'],
  ],
};

const scope: PolicyChoice<'scope'> = {
  name: 'scope',
  label: 'Events that name no session',
  about: 'Strict is safe; lenient is for servers that leave it out where only one can be meant.',
  options: [
    ['strict', 'Drop and count them'],
    ['lenient', 'Take them if only one can be meant'],
  ],
};

/** There the connection says whose an event is; only one that names another session can be meant. */
const scopeOfSocket: PolicyChoice<'scope'> = {
  ...scope,
  label: 'Events that name another session',
  about: 'Strict is safe; lenient is for servers that call one session by several names.',
  options: [
    ['strict', 'Drop and count them'],
    ['lenient', 'Take them: the connection says whose they are'],
  ],
};

const limit: PolicyChoice<'limit'> = {
  name: 'limit',
  label: 'Many live sessions',
  about: 'Ten connections are live at most.',
  options: [
    ['evict', 'At ten, the oldest idle one rests'],
    ['warn', 'Tell me from five on'],
  ],
};

const auth = (...ways: readonly EndpointPolicy['auth'][]): PolicyChoice<'auth'> => {
  const words: Readonly<Record<EndpointPolicy['auth'], string>> = {
    'first-frame': 'In the first message',
    hello: 'In the greeting (hello)',
    query: 'In the address (?token=)',
    none: 'Nowhere',
  };
  return {
    name: 'auth',
    label: 'Where the token goes',
    about: 'Servers differ in where they look for it.',
    options: ways.map((way) => [way, words[way]] as const),
  };
};

/** Only what means something for a protocol, and in each only the choices that it has. */
export const POLICIES: Readonly<Record<ProtocolName, readonly PolicyChoice[]>> = {
  aperture: [reconnect, concurrency(false), limit],
  acp: [reconnect, concurrency(false), partial, scope, auth('first-frame', 'query', 'none'), limit],
  legacy: [
    reconnect,
    concurrency(false),
    partial,
    scopeOfSocket,
    auth('first-frame', 'query', 'none'),
    limit,
  ],
  thread: [reconnect, concurrency(true), partial, auth('first-frame', 'query', 'none'), limit],
  single: [redial, concurrency(true), partial, auth('hello', 'query', 'none'), limit],
  scoped: [
    reconnect,
    concurrency(false),
    partial,
    scope,
    auth('first-frame', 'query', 'none'),
    limit,
  ],
  bidi: [reconnect, concurrency(false), partial, auth('first-frame', 'query', 'none'), limit],
};

export const QUERY_WARNING =
  'A token in the address ends up in the logs of servers and proxies. Choose this only for a server that looks for it nowhere else, and give it a token of its own.';
