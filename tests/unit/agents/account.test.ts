import { describe, expect, test } from 'vitest';
import { accountOf, type AccountFacts } from '../../../src/gateway/agents/account.ts';
import { KNOWN_AGENTS } from '../../../src/gateway/agents/known.ts';

const FACTS: AccountFacts = {
  keys: ['A_API_KEY', 'B_API_KEY'],
  login: { how: 'a login', files: ['$A_HOME/auth.json', '~/.a/auth.json'] },
};

const asks = (
  own: Record<string, string>,
  files: string[] = [],
  { facts = FACTS, env = {}, passEnv = ['*_API_KEY', 'A_*', 'B_*'] } = {} as {
    facts?: AccountFacts | undefined;
    env?: Record<string, string>;
    passEnv?: string[];
  },
) => {
  const looked: string[] = [];
  const account = accountOf(facts, { env, passEnv }, { HOME: '/home/a', ...own }, (file) => {
    looked.push(file);
    return files.includes(file);
  });
  return { ...account, looked };
};

describe('who pays', () => {
  test.each([
    ['a key', { A_API_KEY: 'k' }, [], 'key', /^Uses A_API_KEY from the gateway’s environment\.$/],
    ['two keys', { A_API_KEY: 'k', B_API_KEY: 'k' }, [], 'key', /A_API_KEY or B_API_KEY/],
    ['an empty key', { A_API_KEY: '' }, [], 'unknown', /^Unknown: no A_API_KEY is passed on/],
    ['a login', {}, ['/home/a/.a/auth.json'], 'login', /^Uses the login of “a login”\.$/],
    ['a login elsewhere', { A_HOME: '/x' }, ['/x/auth.json'], 'login', /login of “a login”/],
    ['both', { A_API_KEY: 'k' }, ['/home/a/.a/auth.json'], 'key_or_login', /the agent decides/],
    ['neither', {}, [], 'unknown', /no login was found/],
  ])('%s', (_, own, files, from, text) => {
    const account = asks(own, files);
    expect(account.from).toBe(from);
    expect(account.text).toMatch(text);
  });

  test('[R70] a key that is not passed on does not pay, whoever has it', () => {
    expect(asks({ A_API_KEY: 'k' }, [], { passEnv: [] }).from).toBe('unknown');
    expect(asks({ OTHER_API_KEY: 'k' }).from).toBe('unknown');
  });

  test('a key of the config file is told as such', () => {
    expect(asks({}, [], { env: { A_API_KEY: 'k' } }).text).toBe(
      'Uses A_API_KEY from the config file.',
    );
  });

  test('where a key is known to win, it is said', () => {
    const account = asks({ A_API_KEY: 'k' }, ['/home/a/.a/auth.json'], {
      facts: { ...FACTS, keyWins: true },
    });
    expect(account).toMatchObject({ from: 'key', text: expect.stringContaining('not the login') });
  });

  test('of an agent that only the config file knows, what it is given is named', () => {
    const spec = { env: { MY_TOKEN: 't', MODE: 'x' }, passEnv: [] };
    expect(accountOf(undefined, spec, {}).text).toBe('Uses MY_TOKEN from the config file.');
    expect(accountOf(undefined, { env: {}, passEnv: [] }, { MY_TOKEN: 't' }).from).toBe('unknown');
  });

  test('no secret is in what is said', () => {
    const { text } = asks({ A_API_KEY: 'sk-secret', A_HOME: '/secret' }, ['/secret/auth.json']);
    expect(text).not.toContain('secret');
  });

  test.each(KNOWN_AGENTS.map((agent) => [agent.name, agent] as const))(
    'what %s can be paid with is passed on to it',
    (_, { account, passEnv, homepage, needs }) => {
      for (const key of account.keys) {
        const given = accountOf(account, { env: {}, passEnv }, { [key]: 'k' }, () => false);
        expect(given, key).toMatchObject({ from: 'key', text: expect.stringContaining(key) });
      }
      expect(homepage).toMatch(/^https:\/\//);
      expect(needs).toMatch(/\.$/);
    },
  );
});
