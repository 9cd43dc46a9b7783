import { afterEach, describe, expect, it } from 'vitest';
import { ApertureError } from '../../../src/core/errors.ts';
import { isMixedContent, readAddress } from '../../../src/app/ui/dialogs/connect.ts';
import { agentIcon } from '../../../src/app/ui/dialogs/agent-icons.ts';
import { FakeStore, tenSessions } from './fake-store.ts';
import { button, deep, item, mount, one, painted, press, unmount, until } from './support.ts';

afterEach(unmount);

const options = () => deep('[role="option"]').map((each) => each.textContent?.trim());

const unset = () => {
  const fake = new FakeStore();
  fake.endpoint.value = { status: 'unset', url: '' };
  return fake;
};

const field = (label: string): HTMLInputElement => {
  const [named] = deep<HTMLInputElement>(`input[aria-label="${label}"]`);
  const found =
    named ??
    deep<HTMLLabelElement>('label').find((each) => each.textContent?.trim() === label)?.control;
  if (!(found instanceof HTMLInputElement)) throw new Error(`no field ${label}`);
  return found;
};

async function type(input: HTMLInputElement, value: string): Promise<void> {
  input.value = value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  await painted();
}

async function openNewSession(fake: FakeStore): Promise<void> {
  await mount(fake);
  button('New session').click();
  await until(() => one('dialog[open] #form'));
  await painted();
}

/** As the gateway's registry has them. */
const KNOWN = [
  'workspace',
  'claude-agent-acp',
  'codex-acp',
  'codex-app-server',
  'gemini',
  'opencode',
  'qwen',
  'goose',
];

const facts = () => one('ap-agent-facts').shadowRoot!.textContent!.replaceAll(/\s+/g, ' ').trim();

const drawn = (name: string, known?: string) => agentIcon({ name, ...(known && { known }) });

const radios = () => deep<HTMLInputElement>('input[name="agent"]');

describe('the new-session dialog', () => {
  it('starts a session with agent, directory and title, shows it and closes', async () => {
    const fake = new FakeStore();
    await openNewSession(fake);
    expect(radios().map((each) => each.value)).toEqual(['workspace', 'claude', 'opencode']);
    const agents = one('[role="radiogroup"]', one('ap-agent-field').shadowRoot!);
    expect(agents.getAttribute('aria-labelledby')).toBe('agent-label');
    radios()[1]!.click();
    await type(field('Directory'), '/home/ada/code/tide/');
    await type(field('Title'), '  Ebb  ');
    button('Start session').click();
    await until(() => deep('ap-new-session').length === 0);
    expect(fake.called('createSession')).toEqual([
      [{ agent: 'claude', cwd: '/home/ada/code/tide', title: 'Ebb' }],
    ]);
    expect(fake.activeSessionId.value).toBe('s1');
  });

  it('remembers agent and directory, and offers recent directories', async () => {
    const fake = tenSessions();
    await openNewSession(fake);
    radios()[2]!.click();
    await type(field('Directory'), '/home/ada/code/tide');
    button('Start session').click();
    await until(() => deep('ap-new-session').length === 0);
    button('New session').click();
    await until(() => field('Directory').value === '/home/ada/code/tide');
    expect(radios().find((each) => each.checked)?.value).toBe('opencode');
    button('…/harbour/web').click();
    await painted();
    expect(field('Directory').value).toBe('/home/ada/code/harbour/web');
  });

  it('[R47] a refusal stands beside its field, the dialog stays, and nothing is lost', async () => {
    const fake = new FakeStore();
    await openNewSession(fake);
    await type(field('Directory'), '/nowhere');
    await type(field('Title'), 'Keep me');
    fake.failure = new ApertureError('cwd_missing', 'The directory /nowhere does not exist.');
    button('Start session').click();
    const alert = await until(() => one('[role="alert"]'));
    expect(alert.textContent).toBe('The directory /nowhere does not exist.');
    expect(one('ap-directory-field').shadowRoot!.contains(alert)).toBe(true);
    expect(field('Directory').getAttribute('aria-invalid')).toBe('true');
    expect(field('Directory').value).toBe('/nowhere');
    expect(field('Title').value).toBe('Keep me');
    expect(button('Start session').disabled).toBe(false);
    // Correcting it takes the complaint away.
    await type(field('Directory'), '/home/ada/code');
    expect(deep('[role="alert"]')).toHaveLength(0);
    fake.failure = new ApertureError('session_limit', 'Ten sessions are live.');
    button('Start session').click();
    expect(await until(() => one('.foot [role="alert"]').textContent)).toBe(
      'Ten sessions are live.',
    );
    fake.failure = new ApertureError('agent_failed', 'It exited at once.');
    button('Start session').click();
    await until(() => one('[role="alert"]').textContent === 'It exited at once.');
    expect(one('[role="alert"]').closest('.field')?.textContent).toContain('Agent');
  });

  it('suggests what is in the directory; arrows and Tab take it', async () => {
    await openNewSession(new FakeStore());
    const input = field('Directory');
    input.focus();
    await type(input, '/home/ada/code/ha');
    await until(() => options().length === 2);
    expect(options()).toEqual(['harbour', 'harbour-docs']);
    press('ArrowDown', { target: input });
    press('Tab', { target: input });
    await painted();
    expect(input.value).toBe('/home/ada/code/harbour/');
    await until(() => options().join() === 'api,web,docs');
    // Escape closes the suggestions, not the dialog.
    press('Escape', { target: input });
    await until(() => options().length === 0);
    expect(deep('dialog[open]')).toHaveLength(1);
  });

  it('folds what is not installed away, with how to get it', async () => {
    await openNewSession(new FakeStore());
    const more = one<HTMLDetailsElement>('details');
    expect(more.open).toBe(false);
    expect(more.textContent).toContain('npm install -g @google/gemini-cli');
    expect(button('Copy how to install Gemini CLI')).toBeTruthy();
  });
});

describe('the agents in the dialog', () => {
  it('say which account is used, what is needed where that is unknown, and their version', async () => {
    const fake = new FakeStore();
    const asked: unknown[] = [];
    fake.gateway.agentVersion = (...args) => {
      asked.push(args);
      return Promise.resolve({ version: '1.2.3' });
    };
    await openNewSession(fake);
    expect(facts()).toBe('Account Calls no model: nothing is billed.');
    radios()[1]!.click();
    await until(() => facts().includes('1.2.3'));
    expect(facts()).toBe('Account Uses ANTHROPIC_API_KEY. Version 1.2.3');
    radios()[2]!.click();
    await until(() => facts().includes('Unknown'));
    await until(() => facts().includes('1.2.3'));
    expect(facts()).toBe('Account Unknown: no key. Needs A login. Version 1.2.3');
    // Only of programs, once each.
    expect(asked).toEqual([
      ['claude', undefined],
      ['opencode', undefined],
    ]);
    expect(one('details').textContent).toContain('Needs: A Gemini API key.');
  });

  it('a version that cannot be had is left out', async () => {
    const fake = new FakeStore();
    await openNewSession(fake);
    radios()[1]!.click();
    await until(() => facts().includes('ANTHROPIC'));
    expect(facts()).toBe('Account Uses ANTHROPIC_API_KEY.');
  });

  it('have icons of their own; one from a config file has its program’s, or a terminal', async () => {
    const all = KNOWN.map((name) => drawn(name));
    expect(new Set(all).size).toBe(KNOWN.length);
    expect(drawn('mine', 'gemini')).toBe(drawn('gemini'));
    expect(drawn('mine')).toBe(drawn('another'));
    expect(all).not.toContain(drawn('mine'));
    await openNewSession(new FakeStore());
    expect(deep('.card .tile svg')).toHaveLength(3);
  });
});

describe('ending a session', () => {
  it('asks first; a failure keeps it and says why', async () => {
    const fake = tenSessions();
    await mount(fake);
    button('More for Release notes 2.4').click();
    (
      await until(() => deep('[role="menuitem"]').find((each) => /End/.test(each.textContent!))!)
    ).click();
    await until(() => one('dialog[open]').textContent!.includes('Release notes 2.4'));
    expect(fake.called('endSession')).toEqual([]);
    fake.failure = new ApertureError('unreachable', 'The gateway does not answer.');
    button('End session', one('ap-confirm-end').shadowRoot!).click();
    await until(() => one('[role="alert"]').textContent === 'The gateway does not answer.');
    fake.failure = undefined;
    button('End session', one('ap-confirm-end').shadowRoot!).click();
    await until(() => deep('ap-confirm-end').length === 0);
    expect(fake.called('endSession').at(-1)).toEqual(['s3']);
    expect(deep('ap-session-item')).toHaveLength(9);
  });
});

describe('the menu of a session', () => {
  it('opens with the focus in it, walks by arrows, gives the focus back', async () => {
    const fake = tenSessions();
    await mount(fake);
    const opener = button('Session menu');
    opener.focus();
    opener.click();
    const first = await until(() => deep('[role="menuitem"]')[0]);
    await until(() => first.matches(':focus'));
    press('ArrowDown', { target: first });
    expect(deep('[role="menuitem"]')[1]!.matches(':focus')).toBe(true);
    press('Escape', { target: deep('[role="menuitem"]')[1] });
    expect(opener.matches(':focus')).toBe(true);
    opener.click();
    await until(() => first.matches(':focus'));
    deep('[role="menuitem"]')
      .find((each) => /Disconnect/.test(each.textContent!))!
      .click();
    expect(fake.called('disconnect')).toEqual([['s9']]);
  });

  it('renames where it was opened', async () => {
    const fake = tenSessions();
    await mount(fake);
    button('More for Release notes 2.4').click();
    (
      await until(() => deep('[role="menuitem"]').find((each) => /Rename/.test(each.textContent!))!)
    ).click();
    const input = await until(() => one('[aria-label="Session title"]', item('s3').shadowRoot!));
    expect(deep('[aria-label="Session title"]')).toEqual([input]);
  });
});

describe('[R69] connecting', () => {
  it('asks for address and token; a pasted link fills both', async () => {
    const fake = unset();
    await mount(fake);
    const address = await until(() => field('Address'));
    await type(address, 'http://127.0.0.1:4800/#token=abc');
    expect(field('Token').value).toBe('abc');
    expect(field('Token').type).toBe('password');
    button('Connect').click();
    await until(() => deep('ap-connect-page').length === 0);
    expect(fake.called('setEndpoint')).toEqual([['http://127.0.0.1:4800', 'abc', false]]);
    expect(button('New session')).toBeTruthy();
  });

  it('says why it failed, and keeps what was entered', async () => {
    const fake = unset();
    fake.failure = new ApertureError('unauthorized', 'The gateway refused the token.');
    await mount(fake);
    await type(await until(() => field('Address')), 'localhost:4800');
    await type(field('Token'), 'wrong');
    button('Connect').click();
    await until(() => one('[role="alert"]').textContent === 'The gateway refused the token.');
    expect(field('Token').value).toBe('wrong');
    expect(fake.called('setEndpoint')).toEqual([['http://localhost:4800', 'wrong', false]]);
  });

  it('[R15] with cached sessions there is a banner instead, and they stay readable', async () => {
    const fake = tenSessions();
    fake.endpoint.value = {
      status: 'unauthorized',
      url: 'http://127.0.0.1:4800',
      error: { code: 'unauthorized', message: 'The token is not right.', retryable: false },
    };
    await mount(fake);
    expect(deep('ap-session-item')).toHaveLength(10);
    expect(one('.banner').textContent).toContain('The token is not right.');
    button('Connect…').click();
    await until(() => one('ap-connect-dialog') && field('Token'));
  });

  it('knows which addresses an https page may not use', () => {
    const page = new URL('https://pages.example/app/');
    expect(isMixedContent('http://192.168.1.4:4800', page)).toBe(true);
    expect(isMixedContent('ws://box.local:4800', page)).toBe(true);
    expect(isMixedContent('http://127.0.0.1:4800', page)).toBe(false);
    expect(isMixedContent('https://box.example', page)).toBe(false);
    expect(isMixedContent('http://192.168.1.4:4800', new URL('http://pages.example/'))).toBe(false);
    expect(readAddress(' wss://box.example/aperture/ ')).toEqual({
      url: 'https://box.example/aperture',
      token: undefined,
    });
  });
});

describe('banners and toasts', () => {
  it('[R15] unreachable: attempt, countdown, Retry now', async () => {
    const fake = tenSessions();
    fake.endpoint.value = {
      status: 'unreachable',
      url: 'http://127.0.0.1:4800',
      error: { code: 'unreachable', message: 'Nothing answers.', retryable: true },
      attempt: 4,
      retryAt: Date.now() + 30_000,
    };
    await mount(fake);
    expect(one('.banner').textContent).toMatch(/cannot be reached.*Nothing answers.*Attempt 4/s);
    expect(one('ap-countdown').shadowRoot!.textContent).toMatch(/in \d+ s/);
    button('Retry now', one('ap-banners').shadowRoot!).click();
    expect(fake.called('retryEndpoint')).toHaveLength(1);
  });

  it('[R32] storage in memory is told, and can be put aside', async () => {
    const fake = tenSessions();
    fake.storage.value = { mode: 'memory', reason: 'The disk is full.' };
    await mount(fake);
    expect(one('.banner').textContent).toContain('The disk is full.');
    button('Dismiss', one('ap-banners').shadowRoot!).click();
    await painted();
    expect(deep('.banner')).toHaveLength(0);
  });

  it('toasts are a status, have one action, and go when dismissed', async () => {
    const fake = tenSessions();
    await mount(fake);
    let undone = 0;
    fake.toasts.value = [
      {
        id: '1',
        level: 'warning',
        text: 'It is gone.',
        action: { label: 'Undo', run: () => undone++ },
      },
    ];
    await painted();
    expect(one('.toast').closest('[role="status"]')).toBeTruthy();
    button('Undo').click();
    await painted();
    expect(undone).toBe(1);
    expect(deep('.toast')).toHaveLength(0);
  });
});
