import type { SessionEvent } from '../../../src/core/session/event.ts';

/** An agent's question with a form; every kind of field unless others are given. */
export const form = (properties: object = FIELDS, required = ['name', 'kind'], id = 'r1') =>
  elicitation({ mode: 'form', requestedSchema: { type: 'object', properties, required } }, id);

export const link = (url = 'https://login.example:8443/start?state=1', id = 'r1') =>
  elicitation({ mode: 'url', elicitationId: 'l1', url }, id);

export function signIn(more: object = {}, id = 'r1'): SessionEvent {
  const params = { message: 'Workspace wants you to sign in.', methods: METHODS, ...more };
  return ask('_aperture/sign_in', params, id);
}

function elicitation(params: object, id: string): SessionEvent {
  return ask('elicitation/create', { message: 'Tell me more about the release', ...params }, id);
}

const ask = (method: string, params: { message: string }, id: string): SessionEvent => ({
  type: 'permission',
  id,
  tool: { toolCallId: '', title: params.message },
  options: [],
  ask: { method, params },
});

const FIELDS = {
  name: { type: 'string', title: 'Name', description: 'Whose it is', minLength: 2 },
  mail: { type: 'string', title: 'Mail', format: 'email' },
  when: { type: 'string', title: 'When', format: 'date-time' },
  count: { type: 'integer', title: 'Count', minimum: 1, maximum: 9, default: 3 },
  sure: { type: 'boolean', title: 'Sure', default: true },
  kind: {
    type: 'string',
    title: 'Kind',
    oneOf: [
      { const: 'a', title: 'First kind', description: 'The usual one' },
      { const: 'b', title: 'Second kind' },
    ],
  },
  place: { type: 'string', title: 'Place', enum: ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'] },
  tags: {
    type: 'array',
    title: 'Tags',
    maxItems: 2,
    items: { type: 'string', enum: ['x', 'y', 'z'] },
  },
  code: { type: 'string', title: 'Code', pattern: '^[A-Z]{3}$' },
};

const METHODS = [
  { id: 'browser', name: 'Browser', description: 'Opens one', type: 'agent' },
  {
    id: 'key',
    name: 'A key',
    type: 'env_var',
    variables: [{ name: 'SOME_KEY', optional: false, set: false }],
    link: 'https://keys.example/',
  },
  {
    id: 'has',
    name: 'Another key',
    type: 'env_var',
    variables: [{ name: 'OTHER_KEY', optional: false, set: true }],
  },
  { id: 'tui', name: 'Terminal', type: 'terminal', command: "agent login 'a b'" },
];
