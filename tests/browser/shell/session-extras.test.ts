import { afterEach, describe, expect, it } from 'vitest';
import { ApertureError } from '../../../src/core/errors.ts';
import type { AgentAbilities, AgentSessionsResponse } from '../../../src/core/wire/rest.ts';
import { endpointView, FakeStore } from './fake-store.ts';
import { button, deep, mount, one, painted, unmount, until } from './support.ts';

afterEach(unmount);

const ABILITIES: AgentAbilities = {
  mcp: { http: true, sse: false },
  additionalDirectories: true,
  sessions: { list: true, load: true, resume: true, close: true, delete: true },
};

function field<E extends HTMLElement = HTMLInputElement>(label: string): E {
  const named = deep<E>(`[aria-label="${label}"]`)[0];
  const found =
    named ??
    deep<HTMLLabelElement>('label').find((each) => each.textContent?.trim() === label)?.control;
  if (!found) throw new Error(`no field ${label}`);
  return found as E;
}

async function type(label: string, value: string): Promise<void> {
  const input = field(label);
  input.value = value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  await painted();
}

async function choose(label: string, value: string): Promise<void> {
  const select = field<HTMLSelectElement>(label);
  select.value = value;
  select.dispatchEvent(new Event('change'));
  await painted();
}

const problems = (): string[] =>
  deep('[role="alert"]').map((each) => each.textContent!.replace(/\s+/g, ' ').trim());

/** The agents that were asked what they take: each is started for that. */
let asked: string[] = [];
afterEach(() => {
  asked = [];
});

/** A page with its dialog open, and an agent that says what it takes. */
async function open(abilities: AgentAbilities | Error = ABILITIES): Promise<FakeStore> {
  const fake = new FakeStore();
  fake.gateway.agentAbilities = (agent) => {
    asked.push(agent);
    return abilities instanceof Error ? Promise.reject(abilities) : Promise.resolve(abilities);
  };
  await mount(fake);
  button('New session').click();
  await until(() => one('dialog[open] #form'));
  return fake;
}

async function unfold(): Promise<void> {
  one('details.more > summary').click();
  await until(() => button('Add an MCP server'));
}

async function addServer(name: string, command: string, number = 1): Promise<void> {
  button('Add an MCP server').click();
  await until(() => field(`Name of MCP server ${number}`));
  await type(`Name of MCP server ${number}`, name);
  await type(`Command of MCP server ${number}`, command);
}

const start = (): void => button('Start session').click();
const started = async (fake: FakeStore): Promise<unknown> => {
  await until(() => deep('ap-new-session').length === 0);
  return fake.called('createSession').at(-1)?.[0];
};

describe('signing out', () => {
  it('is offered by agents that have it; what became of it is told', async () => {
    const fake = await open({ ...ABILITIES, logout: true });
    let failing = true;
    const told: string[] = [];
    fake.gateway.signOut = async (agent) => {
      told.push(agent);
      if (failing) throw new Error('The agent says no.');
    };
    await unfold();
    const title = 'Workspace';
    (await until(() => button(`Sign out of ${title}`))).click();
    await until(() => problems().includes('The agent says no.'));
    failing = false;
    button(`Sign out of ${title}`).click();
    await until(() =>
      deep('[role="status"]').some((each) => /signed out of/.test(each.textContent!)),
    );
    expect(told).toEqual(['workspace', 'workspace']);
    unmount();
    // Control.
    await open();
    await unfold();
    expect(deep('ap-sign-out')).toEqual([]);
  });
});

describe('what a new session is given beside its directory', () => {
  it('is nothing unless it is unfolded, and no agent is started to be asked before', async () => {
    const fake = await open();
    expect(one('details.more > summary').textContent).toMatch(/More\s+MCP servers/);
    start();
    expect(await started(fake)).not.toHaveProperty('mcpServers');
    expect(asked).toEqual([]);
    // Also where the code is there already, from another time.
    button('New session').click();
    await until(() => one('details.more > summary'));
    await unfold();
    expect(asked).toEqual(['workspace']);
    unmount();
    await open();
    expect(asked).toEqual(['workspace']);
  });

  it('is MCP servers of each kind, as ACP has them', async () => {
    const fake = await open();
    await unfold();
    await addServer(' files ', ' mcp-files ');
    await type('Arguments of MCP server 1, one on a line', '--root\n/srv/my files\n');
    button('Add a variable').click();
    await until(() => field('Name of variable 1'));
    await type('Name of variable 1', 'API_KEY');
    await type('Value of variable 1', 'sk-1');
    expect(field('Value of variable 1').type).toBe('password');
    button('Add an MCP server').click();
    await until(() => field('Name of MCP server 2'));
    await type('Name of MCP server 2', 'web');
    await until(() => /and by http\./.test(one('ap-session-extras').shadowRoot!.textContent!));
    await choose('Kind of MCP server 2', 'http');
    await type('Address of MCP server 2', 'https://mcp.example/v1');
    button('Add a header').click();
    await until(() => field('Name of header 1'));
    await type('Name of header 1', 'Authorization');
    await type('Value of header 1', 'Bearer x');
    start();
    expect(await started(fake)).toMatchObject({
      mcpServers: [
        {
          name: 'files',
          command: 'mcp-files',
          args: ['--root', '/srv/my files'],
          env: [{ name: 'API_KEY', value: 'sk-1' }],
        },
        {
          type: 'http',
          name: 'web',
          url: 'https://mcp.example/v1',
          headers: [{ name: 'Authorization', value: 'Bearer x' }],
        },
      ],
    });
  });

  it('is what the agent takes: kinds that it does not are not to be had', async () => {
    await open();
    await unfold();
    await addServer('a', 'b');
    await until(() => options().includes('http'));
    expect(options()).toEqual(['stdio', 'http']);
    unmount();
    // Control: an agent that takes none, and one that could not be asked.
    await open({ ...ABILITIES, mcp: { http: false, sse: false }, additionalDirectories: false });
    await unfold();
    await addServer('a', 'b');
    await until(() =>
      /takes no more directories/.test(one('ap-session-extras').shadowRoot!.textContent!),
    );
    expect(options()).toEqual(['stdio']);
    expect(deep('ap-session-extras ap-directory-field')).toHaveLength(0);
    unmount();
    await open(new ApertureError('agent_missing', 'It is not installed.'));
    await unfold();
    await until(() =>
      /It is not installed\./.test(one('ap-session-extras').shadowRoot!.textContent!),
    );
    await addServer('a', 'b');
    expect(options()).toEqual(['stdio']);
  });

  it('is checked before it goes out, with words on what to do, and nothing is lost', async () => {
    const fake = await open();
    await unfold();
    const refused = async (what: RegExp): Promise<void> => {
      start();
      await until(() => problems().some((each) => what.test(each)));
      expect(fake.called('createSession')).toEqual([]);
    };
    button('Add an MCP server').click();
    await until(() => field('Name of MCP server 1'));
    await refused(/Give the MCP server a name/);
    await type('Name of MCP server 1', 'files');
    await refused(/Give the command that starts “files”/);
    await type('Command of MCP server 1', 'mcp-files');
    button('Add a variable').click();
    await until(() => field('Name of variable 1'));
    await refused(/variable of “files” has no name/);
    await type('Name of variable 1', 'A KEY');
    await refused(/“A KEY” of “files” is no name/);
    await type('Name of variable 1', 'KEY');
    await refused(/“KEY” of “files” has no value/);
    button('Remove KEY').click();
    await addServer('files', 'other', 2);
    await refused(/two MCP servers called “files”/);
    button('Remove files').click();
    await painted();
    await until(() => deep('ap-mcp-server').length === 1);
    start();
    expect(await started(fake)).toMatchObject({
      mcpServers: [{ name: 'files', command: 'other' }],
    });
  });

  it('is more directories, each as the gateway knows it', async () => {
    const fake = await open();
    await unfold();
    const extras = one('ap-session-extras').shadowRoot!;
    const input = () =>
      one<HTMLInputElement>('input', extras.querySelector('ap-directory-field')!.shadowRoot!);
    const write = async (path: string): Promise<void> => {
      input().value = path;
      input().dispatchEvent(new Event('input', { bubbles: true }));
      await painted();
    };
    await write('/home/ada/nowhere');
    button('Add this directory').click();
    await until(() =>
      /no directory \/home\/ada\/nowhere/.test(
        one('ap-directory-field', extras).shadowRoot!.textContent!,
      ),
    );
    await write('/home/ada/code/');
    button('Add this directory').click();
    await until(() => deep('li', extras).length === 1);
    // What was typed and not added is meant, too.
    await write('/home/ada/code/harbour');
    start();
    expect(await started(fake)).toMatchObject({
      additionalDirectories: ['/home/ada/code', '/home/ada/code/harbour'],
    });
  });

  it('is remembered for its agent if that is wanted, without what may be secret', async () => {
    const fake = await open();
    await unfold();
    await addServer('files', 'mcp-files');
    button('Add a variable').click();
    await until(() => field('Name of variable 1'));
    await type('Name of variable 1', 'API_KEY');
    await type('Value of variable 1', 'sk-very-secret');
    one<HTMLInputElement>('.remember input').click();
    await painted();
    start();
    await started(fake);
    expect(JSON.stringify({ ...localStorage })).toContain('mcp-files');
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain('sk-very-secret');
    // Unfolded by itself, so that nobody starts it unawares, and asks for what it does not have.
    button('New session').click();
    await until(() => field('Name of MCP server 1').value === 'files');
    start();
    await until(() => problems().some((each) => /“API_KEY” of “files” has no value/.test(each)));
    // Another agent's are its own.
    deep<HTMLInputElement>('input[name="agent"]')[1]!.click();
    await until(() => deep('ap-mcp-server').length === 0);
    deep<HTMLInputElement>('input[name="agent"]')[0]!.click();
    await until(() => deep('ap-mcp-server').length === 1);
    one<HTMLInputElement>('.remember input').click();
    await type('Value of variable 1', 'again');
    start();
    await started(fake);
    expect(JSON.stringify({ ...localStorage })).not.toContain('mcp-files');
  });
});

const options = () =>
  [...field<HTMLSelectElement>('Kind of MCP server 1').options]
    .filter(({ disabled }) => !disabled)
    .map(({ value }) => value);

const session = (sessionId: string, more = {}) => ({
  sessionId,
  title: `Session ${sessionId}`,
  cwd: `/home/ada/${sessionId}`,
  updatedAt: 1,
  ...more,
});

async function list(
  pages: Record<string, AgentSessionsResponse>,
  more: Partial<FakeStore['gateway']> = {},
): Promise<FakeStore> {
  const fake = new FakeStore();
  fake.gateway = { agentSessions: (_, cursor = '') => Promise.resolve(pages[cursor]!), ...more };
  await mount(fake);
  button('New session').click();
  await until(() => one('dialog[open] #form'));
  field<HTMLInputElement>('Take up an existing one').click();
  return fake;
}

const names = (): string[] =>
  deep('ap-remote-sessions')
    .flatMap((each) => deep('.card .name', each.shadowRoot!))
    .map((each) => each.textContent!.trim());

describe('an agent’s own sessions', () => {
  const can = { takeUp: true, delete: true };

  it('are listed page by page, and one is taken up with its title and directory', async () => {
    const fake = await list({
      '': { sessions: [session('a', { updatedAt: 3 }), session('b')], nextCursor: 'p2', can },
      p2: { sessions: [session('b'), session('c')], can },
    });
    await until(() => names().length === 2);
    button('Show older ones').click();
    await until(() => names().length === 3);
    expect(names()).toEqual(['Session a', 'Session b', 'Session c']);
    expect(deep('button').some((each) => each.textContent?.trim() === 'Show older ones')).toBe(
      false,
    );
    expect(button('Take it up').disabled).toBe(true);
    deep<HTMLInputElement>('input[name="remote"]')[2]!.click();
    await painted();
    button('Take it up').click();
    expect(await started(fake)).toEqual({
      agent: 'workspace',
      resume: 'c',
      cwd: '/home/ada/c',
      title: 'Session c',
    });
  });

  it('one that is in the sidebar is marked, shown and not doubled; it cannot be deleted', async () => {
    const fake = await list({ '': { sessions: [session('a', { here: 's1' })], can } });
    fake.add({ title: 'Mine' });
    await until(() => names().length === 1);
    expect(one('ap-remote-sessions').shadowRoot!.textContent).toMatch(/in the sidebar already/);
    expect(() => button('Delete Session a')).toThrow();
    one<HTMLInputElement>('input[name="remote"]').click();
    await painted();
    button('Show it').click();
    await until(() => fake.activeSessionId.value === 's1');
    expect(fake.called('createSession')).toEqual([]);
  });

  it('are deleted only after a question; a refusal is told', async () => {
    const removed: string[] = [];
    let refuse = true;
    await list(
      { '': { sessions: [session('a'), session('b')], can } },
      {
        deleteAgentSession: (_, id) => {
          if (refuse) return Promise.reject(new ApertureError('agent_error', 'It will not.'));
          removed.push(id);
          return Promise.resolve();
        },
      },
    );
    await until(() => names().length === 2);
    button('Delete Session a').click();
    await until(() => button('Keep it'));
    await until(() =>
      one('ap-remote-sessions').shadowRoot!.activeElement?.className.includes('keep'),
    );
    button('Keep it').click();
    await until(() => names().length === 2);
    button('Delete Session a').click();
    await until(() => button('Delete'));
    button('Delete').click();
    await until(() => /It will not\./.test(one('ap-remote-sessions').shadowRoot!.textContent!));
    refuse = false;
    button('Delete').click();
    await until(() => names().length === 1);
    expect(removed).toEqual(['a']);
    expect(names()).toEqual(['Session b']);
  });

  it('are asked of the chosen agent; one that lists none says so, one that does not delete offers it not', async () => {
    const asked: string[] = [];
    await list(
      {},
      {
        agentSessions: (agent) => {
          asked.push(agent);
          return agent === 'claude'
            ? Promise.resolve({ sessions: [session('x')], can: { ...can, delete: false } })
            : Promise.reject(new ApertureError('cannot_list', 'Workspace does not list them.'));
        },
      },
    );
    await until(() => problems().some((each) => /Workspace does not list them/.test(each)));
    deep<HTMLInputElement>('input[name="agent"]')[1]!.click();
    await until(() => names().length === 1);
    expect(asked).toEqual(['workspace', 'claude']);
    expect(() => button('Delete Session x')).toThrow();
  });

  it('of another gateway are asked there', async () => {
    const asked: unknown[] = [];
    const fake = new FakeStore();
    const other = endpointView({ url: 'http://127.0.0.1:4900' });
    fake.endpoints.value = [endpointView(), other];
    fake.gateway = {
      agentSessions: (...args) => {
        asked.push(args);
        return Promise.resolve({ sessions: [], can });
      },
    };
    await mount(fake);
    button('New session').click();
    await until(() => one('dialog[open] #form'));
    field<HTMLInputElement>('Take up an existing one').click();
    await until(() => /keeps no sessions/.test(one('ap-remote-sessions').shadowRoot!.textContent!));
    expect(asked).toEqual([['workspace', undefined, undefined]]);
    await choose('Endpoint', other.id);
    expect(deep('ap-remote-sessions')).toHaveLength(0);
  });
});
