// What the scripted agent asks of its user beside permissions: forms, links, and to sign in.
import { appendFileSync, existsSync, rmSync } from 'node:fs';

const SCHEMA = {
  type: 'object',
  title: 'About the release',
  properties: {
    name: {
      type: 'string',
      title: 'Name',
      description: 'Whose it is',
      minLength: 2,
      maxLength: 20,
    },
    mail: { type: 'string', title: 'Mail', format: 'email' },
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
    tags: {
      type: 'array',
      title: 'Tags',
      maxItems: 2,
      items: { type: 'string', enum: ['x', 'y', 'z'] },
    },
    code: { type: 'string', title: 'Code', pattern: '^[A-Z]{3}$' },
  },
  required: ['name', 'kind'],
};

/** The words FORM, LINK, DONE and RAW. */
export const asking = ({ write, call }) => ({
  FORM(session, json) {
    const given = JSON.parse(json || '{}');
    const requestedSchema = Object.keys(given).length > 0 ? given : SCHEMA;
    const params = { mode: 'form', message: 'Tell me more', requestedSchema };
    return call(session, `elicitation/create ${JSON.stringify(params)}`);
  },
  LINK(session, given) {
    const url = given || 'https://login.example/start?state=1';
    const params = { mode: 'url', message: 'Have a look there', elicitationId: 'link-1', url };
    return call(session, `elicitation/create ${JSON.stringify(params)}`);
  },
  DONE(_session, id) {
    write({ method: 'elicitation/complete', params: { elicitationId: id || 'link-1' } });
  },
  RAW(session, json) {
    write(JSON.parse(json.replaceAll('$SESSION', session.id)));
  },
});

const failed = (message, code = -32603) => Object.assign(new Error(message), { code });

function refuse() {
  throw failed('Authentication required', -32000);
}

/** What the flags --auth… say. */
export function signsIn({ has, valueOf, request }) {
  const methods = JSON.parse(valueOf('--auth') ?? '[]');
  const file = valueOf('--signed-in');
  let signedIn = methods.length === 0;
  return {
    methods,
    refuse,
    check() {
      if (!signedIn && !(file && existsSync(file))) refuse();
    },
    async authenticate({ methodId }, requestId) {
      if (methodId === 'bad') throw failed('The key is wrong');
      if (has('--auth-asks')) {
        const requestedSchema = { type: 'object', properties: { code: { type: 'string' } } };
        const params = { requestId, mode: 'form', message: 'The code', requestedSchema };
        const { result } = await request('elicitation/create', params);
        if (result?.content?.code !== '42') throw failed('The code is wrong');
      }
      signedIn = true;
      if (file) appendFileSync(file, methodId);
      return {};
    },
    logout() {
      signedIn = false;
      if (file) rmSync(file, { force: true });
      return {};
    },
  };
}
