import { afterEach, describe, expect, it } from 'vitest';
import type { ProbeReport } from '../../../src/core/endpoint/probe.ts';
import type { ApEndpoints } from '../../../src/app/ui/dialogs/endpoints.ts';
import { ApertureError } from '../../../src/core/errors.ts';
import { endpointView, FakeStore, GATEWAY, tenSessions } from './fake-store.ts';
import { button, deep, mount, one, painted, press, unmount, until } from './support.ts';

afterEach(() => {
  unmount();
  history.replaceState(null, '', location.pathname + location.search);
});

const ACP = 'https://agents.example';
const acp = endpointView({ protocol: 'acp', url: ACP, name: 'Studio', lists: true });

/** A field by its label, as a reader of the screen is told it. */
export function field<E extends HTMLElement = HTMLInputElement>(label: string): E {
  const found =
    deep(`[aria-label="${label}"]`)[0] ??
    deep<HTMLLabelElement>('label').find(
      (each) =>
        each.textContent
          ?.replace(/\s+/g, ' ')
          .replace(/ optional\s*$/, '')
          .trim() === label,
    )?.control;
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
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await painted();
}

const radio = (value: string) => one<HTMLInputElement>(`input[value="${value}"]`);
const dialogText = () =>
  deep('dialog[open], dialog[open] *')
    .map((each) => (each.shadowRoot ?? each).textContent)
    .join(' ')
    .replace(/\s+/g, ' ');

async function list(fake: FakeStore): Promise<void> {
  await mount(fake);
  press('KeyG');
  press('KeyP');
  await until(() => one('ap-endpoints').shadowRoot!.querySelector('dialog[open]'));
}

async function add(fake: FakeStore): Promise<void> {
  await list(fake);
  button('Add endpoint').click();
  await until(() => field('Address'));
}

const found = (...proposals: ProbeReport['proposals'][number][]): ProbeReport => ({
  url: ACP,
  proposals,
});
const SURE = { protocol: 'acp', sure: true, how: 'initialize answered.' } as const;

/** Waits for the dialog, and closes it. */
async function closes(name: 'ap-endpoints'): Promise<void> {
  await until(() => deep(`${name}`).some((each) => one('dialog[open]', each.shadowRoot!)));
  one<ApEndpoints>(name).hide();
  await painted();
}

const labels = () => deep('.label').map((each) => each.textContent!.replace(/\s+/g, ' ').trim());

const several = () => {
  const fake = tenSessions();
  fake.endpoints.value = [
    endpointView(),
    acp,
    endpointView({ protocol: 'scoped', url: 'https://worlds.example', name: 'Worlds' }),
    endpointView({ protocol: 'bidi', url: 'https://live.example', name: 'Live' }),
  ];
  return fake;
};

async function open(fake: FakeStore): Promise<void> {
  await mount(fake);
  button('New session').click();
  await until(() => one('dialog[open] #form'));
  await painted();
}

describe('the list of endpoints', () => {
  it('says of each what it is, how it does, and how many sessions live there', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [
      endpointView({ name: 'Home' }),
      acp,
      endpointView({
        protocol: 'bidi',
        url: 'https://live.example',
        state: {
          status: 'unreachable',
          url: 'https://live.example',
          error: { code: 'unreachable', message: 'Nothing answers there.', retryable: true },
          attempt: 2,
          retryAt: undefined,
        },
      }),
    ];
    fake.add({ title: 'Elsewhere', endpoint: acp.id });
    await list(fake);
    const rows = deep('[data-endpoint-id]').map((row) => row.textContent!.replace(/\s+/g, ' '));
    expect(rows[0]).toMatch(
      /Home.*Aperture gateway · http:\/\/127.0.0.1:4800.*Ready · 10 sessions/,
    );
    expect(rows[1]).toMatch(/Studio.*Plain ACP server.*Ready · 1 session\b/);
    expect(rows[2]).toMatch(/Live server.*Cannot be reached · no sessions.*Nothing answers there/);
    // A shape beside the colour.
    const shapes = deep('[data-endpoint-id] .glyph svg').map((svg) => svg.innerHTML);
    expect(shapes[0]).toBe(shapes[1]);
    expect(shapes[0]).not.toBe(shapes[2]);
  });

  it('is reached from the sidebar, the settings, the palette and the welcome', async () => {
    const fake = new FakeStore();
    await mount(fake);
    button(/Endpoints$/, one('ap-sidebar').shadowRoot!).click();
    await closes('ap-endpoints');
    (await until(() => button('Add an endpoint'))).click();
    await until(() => field('Address'));
    await closes('ap-endpoints');
    press('KeyG');
    press('Comma', { key: ',' });
    (await until(() => button('Endpoints…'))).click();
    await closes('ap-endpoints');
    press('KeyK', { ctrlKey: true });
    await until(() => deep('[role="option"]').length > 0);
    deep('[role="option"]')
      .find((each) => one('.label', each).textContent === 'Endpoints')!
      .click();
    await closes('ap-endpoints');
  });

  it('removes one only after asking, and says how many sessions go with it', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [endpointView(), acp];
    fake.add({ title: 'Elsewhere', endpoint: acp.id });
    fake.add({ title: 'There too', endpoint: acp.id });
    await list(fake);
    button('Remove Studio').click();
    await painted();
    expect(dialogText()).toMatch(/Studio.*local copies of its 2 sessions/);
    button('Keep it').click();
    await painted();
    expect(fake.called('removeEndpoint')).toEqual([]);
    button('Remove Studio').click();
    await painted();
    button('Remove endpoint').click();
    await until(() => deep('[data-endpoint-id]').length === 1);
    expect(fake.called('removeEndpoint')).toEqual([[acp.id]]);
    expect(deep('ap-session-item')).toHaveLength(10);
  });

  it('changes name, token and policies, and only what was changed', async () => {
    const fake = new FakeStore();
    fake.endpoints.value = [endpointView(), acp];
    await list(fake);
    button('Change Studio').click();
    await until(() => field('Name').value === 'Studio');
    await type('Name', 'Workshop');
    one<HTMLDetailsElement>('details').open = true;
    await choose('When the connection breaks', 'manual');
    fake.failure = new ApertureError('unauthorized', 'Not with this token.');
    button('Save').click();
    await until(() => one('[role="alert"]').textContent === 'Not with this token.');
    fake.failure = undefined;
    button('Save').click();
    await until(() => button('Change Workshop'));
    expect(fake.called('changeEndpoint').at(-1)).toEqual([
      acp.id,
      { name: 'Workshop', policy: { reconnect: 'manual' } },
    ]);
  });

  it('[R69] changes how the token is kept; a passphrase that is too short is not sent', async () => {
    const fake = new FakeStore();
    fake.endpoints.value = [endpointView(), { ...acp, tried: false }];
    await list(fake);
    expect(deep('[data-endpoint-id]').map((row) => /Not used yet/.test(row.textContent!))).toEqual([
      false,
      true,
    ]);
    button('Change Studio').click();
    await until(() => deep<HTMLInputElement>('input[value="passphrase"]')[0]);
    one<HTMLInputElement>('input[value="passphrase"]').click();
    await until(() => field('Passphrase'));
    await type('Passphrase', 'short');
    button('Save').click();
    await until(() => /at least 8/.test(one('[role="alert"]').textContent!));
    await type('Passphrase', 'correct horse');
    button('Save').click();
    await until(() => button('Change Studio'));
    expect(fake.called('changeEndpoint')).toEqual([
      [acp.id, { keeping: 'passphrase', passphrase: 'correct horse' }],
    ]);
  });

  it('[R69] asks for the passphrase of locked tokens; a wrong one says so', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [endpointView(), { ...acp, locked: true, keeping: 'passphrase' }];
    await mount(fake);
    expect(one('.banner').textContent).toMatch(/Locked:.*Studio/s);
    button('Unlock…').click();
    await until(() => field('Passphrase of the locked tokens'));
    await type('Passphrase of the locked tokens', 'wrong');
    button('Unlock').click();
    await until(() => /opens none/.test(one('[role="alert"]').textContent!));
    await type('Passphrase of the locked tokens', fake.passphrase);
    button('Unlock').click();
    await until(() => deep('.unlock').length === 0);
    expect(deep('.banner')).toHaveLength(0);
  });
});

describe('adding an endpoint', () => {
  it('probes when the typing pauses, with visible progress, and proposes what answered', async () => {
    const fake = new FakeStore();
    let answer!: (report: ProbeReport) => void;
    fake.report = new Promise((resolve) => (answer = resolve));
    await add(fake);
    await type('Address', 'agents.example');
    expect(fake.called('probeEndpoint')).toEqual([]);
    await until(() => fake.called('probeEndpoint').length === 1);
    await until(() => /Asking agents.example/.test(one('.asking').textContent!));
    answer(found(SURE, { protocol: 'thread', sure: false, how: 'A socket opened.' }));
    await until(() => radio('acp').checked);
    expect(dialogText()).toMatch(/Plain ACP server ✓ recognised initialize answered/);
    expect(radio('thread').checked).toBe(false);
    button('Add endpoint', one('ap-add-endpoint').shadowRoot!).click();
    await until(() => deep('[data-endpoint-id]').length === 2);
    expect(fake.called('addEndpoint')[0]![0]).toMatchObject({
      url: ACP,
      protocol: 'acp',
      token: '',
      keeping: 'tab',
    });
  });

  it('typing on stops the probe under way, and what it finds is not shown', async () => {
    const fake = new FakeStore();
    let first!: (report: ProbeReport) => void;
    fake.report = new Promise((resolve) => (first = resolve));
    await add(fake);
    await type('Address', 'agents.exa');
    await until(() => fake.called('probeEndpoint').length === 1);
    const signal = fake.called('probeEndpoint')[0]![2] as AbortSignal;
    fake.report = found({ protocol: 'bidi', sure: true, how: '' });
    await type('Address', 'agents.example');
    expect(signal.aborted).toBe(true);
    first(found(SURE));
    await until(() => radio('bidi').checked);
    expect(deep('input[value="acp"]')).toHaveLength(0);
  });

  it('several that are merely possible are the reader’s to choose from; by hand all seven are there', async () => {
    const fake = new FakeStore();
    fake.report = found(
      { protocol: 'thread', sure: false, how: 'A socket opened.' },
      { protocol: 'bidi', sure: false, how: 'A socket opened.' },
    );
    await add(fake);
    await type('Address', ACP);
    await until(() => radio('thread'));
    expect(deep<HTMLInputElement>('input[name="protocol"]').some((each) => each.checked)).toBe(
      false,
    );
    button('Check address').click();
    await until(() => /Choose what it speaks/.test(one('[role="alert"]').textContent!));
    button('Choose the protocol by hand').click();
    await painted();
    expect(deep('input[name="protocol"]')).toHaveLength(7);
    radio('scoped').click();
    await painted();
    button('Add endpoint', one('ap-add-endpoint').shadowRoot!).click();
    await until(() => fake.called('addEndpoint').length === 1);
    expect(fake.called('addEndpoint')[0]![0]).toMatchObject({ protocol: 'scoped' });
  });

  it.each([
    ['unknown_protocol', 'speaks something else', 7],
    ['mixed_content', 'refuses unencrypted', 0],
    ['private_network', 'keeps pages off your network', 0],
    ['no_websocket', 'not with a WebSocket', 0],
    ['token_wanted', 'A token is needed', 0],
    ['unauthorized', 'token was refused', 0],
    ['bad_address', 'no address', 0],
  ] as const)('trouble %s: what it is and what to do', async (code, title, byHand) => {
    const fake = new FakeStore();
    const message = `Do this about ${code}.`;
    fake.report = { url: ACP, proposals: [], trouble: { code, message } };
    await add(fake);
    await type('Address', ACP);
    const box = await until(() => one(`[data-trouble="${code}"]`));
    expect(box.textContent).toContain(title);
    expect(box.textContent).toContain(message);
    expect(box.closest('[role="status"]')).toBeTruthy();
    expect(deep('input[name="protocol"]')).toHaveLength(byHand);
  });

  it('only the policies that mean something for the protocol; a token in the address is warned of [R67]', async () => {
    const fake = new FakeStore();
    fake.report = found({ protocol: 'single', sure: true, how: '' }, SURE);
    await add(fake);
    await type('Address', ACP);
    await until(() => radio('single').checked);
    expect(labels()).not.toContain('When the connection breaks');
    expect(labels()).toContain('When the server cannot be reached');
    expect(labels()).not.toContain('Events that name no chat');
    expect(deep('ap-policy-fields option').length + deep('option[value="parallel"]').length).toBe(
      1,
    );
    radio('acp').click();
    await painted();
    expect(labels()).toContain('When the connection breaks');
    expect(deep('option[value="parallel"]')).toHaveLength(0);
    await choose('Where the token goes', 'query');
    expect(one('[role="alert"]').textContent).toMatch(/ends up in the logs/);
    button('Add endpoint', one('ap-add-endpoint').shadowRoot!).click();
    await until(() => fake.called('addEndpoint').length === 1);
    expect(fake.called('addEndpoint')[0]![0]).toMatchObject({ policy: { auth: 'query' } });
  });

  it('[R69] a token is kept for this tab unless the reader says otherwise; a passphrase needs some length', async () => {
    const fake = new FakeStore();
    fake.report = found(SURE);
    await add(fake);
    await type('Address', ACP);
    await until(() => radio('acp').checked);
    // Nothing to keep, nothing to ask.
    expect(deep('input[name="keeping"]')).toHaveLength(0);
    await type('Token', 'secret');
    await until(() => radio('tab').checked);
    radio('passphrase').click();
    await painted();
    await type('Passphrase', 'short');
    button('Add endpoint', one('ap-add-endpoint').shadowRoot!).click();
    await until(() => /at least 8/.test(one('[role="alert"]').textContent!));
    expect(fake.called('addEndpoint')).toEqual([]);
    await type('Passphrase', 'four random words');
    button('Add endpoint', one('ap-add-endpoint').shadowRoot!).click();
    await until(() => fake.called('addEndpoint').length === 1);
    expect(fake.called('addEndpoint')[0]![0]).toMatchObject({
      token: 'secret',
      keeping: 'passphrase',
      passphrase: 'four random words',
    });
  });

  it('[R69] nothing comes from the page’s own address, and a pasted link fills the token in', async () => {
    history.replaceState(null, '', '#endpoint=wss://evil.example&token=x&url=wss://evil.example');
    const fake = new FakeStore();
    await add(fake);
    expect(field('Address').value).toBe('');
    expect(field('Token').value).toBe('');
    await painted();
    expect(fake.called('probeEndpoint')).toEqual([]);
    expect(fake.called('addEndpoint')).toEqual([]);
    await type('Address', `${GATEWAY}/#token=abc`);
    expect(field('Address').value).toBe(`${GATEWAY}/`);
    expect(field('Token').value).toBe('abc');
    // Nothing is added by finding it.
    await until(() => fake.called('probeEndpoint').length === 1);
    expect(fake.called('addEndpoint')).toEqual([]);
  });

  it('says when it is there already: adding it again changes it', async () => {
    const fake = new FakeStore();
    fake.endpoints.value = [endpointView(), acp];
    fake.report = found(SURE, { protocol: 'thread', sure: false, how: '' });
    await add(fake);
    await type('Address', ACP);
    await until(() => radio('acp').checked);
    expect(dialogText()).toMatch(/“Studio” is this server already/);
    radio('thread').click();
    await painted();
    expect(dialogText()).not.toMatch(/already\. Adding/);
  });

  it('a refusal stands in the dialog, and what was entered stays', async () => {
    const fake = new FakeStore();
    fake.report = found(SURE);
    await add(fake);
    await type('Address', ACP);
    await until(() => radio('acp').checked);
    fake.failure = new ApertureError('unauthorized', 'It wants a token.');
    button('Add endpoint', one('ap-add-endpoint').shadowRoot!).click();
    await until(() => one('[role="alert"]').textContent === 'It wants a token.');
    expect(field('Address').value).toBe(ACP);
  });
});

describe('a new session at one of several endpoints', () => {
  it('with one endpoint there is nothing to ask', async () => {
    await open(new FakeStore());
    expect(deep('select')).toHaveLength(0);
  });

  it('asks for what the protocol has, and for nothing else', async () => {
    const fake = several();
    await open(fake);
    expect(labels()).toEqual(['Endpoint', 'Agent', 'Directory', 'Title optional']);
    await choose('Endpoint', 'scoped:https://worlds.example');
    expect(labels()).toEqual(['Endpoint', 'World', 'Title optional', 'Chat optional']);
    expect(field('World').required).toBe(true);
    await type('World', 'w1');
    await type('Chat', 'c7');
    button('Start session').click();
    await until(() => deep('ap-new-session').length === 0);
    expect(fake.called('createSession')).toEqual([
      [{ endpoint: 'scoped:https://worlds.example', world: 'w1', chat: 'c7' }],
    ]);
    // The next one begins at the same place.
    button('New session').click();
    await until(() => field<HTMLSelectElement>('Endpoint').value.startsWith('scoped'));
  });

  it('takes up one that the server has already, found by search', async () => {
    const fake = several();
    fake.remote = [
      { title: 'Old', updatedAt: 1, cwd: '/srv/old', remote: { sessionId: 'a' } },
      { title: 'Newer', updatedAt: 2, cwd: '/srv/new', remote: { sessionId: 'b' } },
    ];
    await open(fake);
    await choose('Endpoint', acp.id);
    field<HTMLInputElement>('Take up an existing one').click();
    await until(() => deep('input[name="remote"]').length === 2);
    expect(deep('.card .name').map((each) => each.textContent!.trim())).toEqual(['Newer', 'Old']);
    expect(button('Take it up').disabled).toBe(true);
    await type('Search existing sessions', 'srv/old');
    expect(deep('input[name="remote"]')).toHaveLength(1);
    one('input[name="remote"]').click();
    await painted();
    button('Take it up').click();
    await until(() => deep('ap-new-session').length === 0);
    expect(fake.called('createSession')).toEqual([
      [{ endpoint: acp.id, remote: { sessionId: 'a' }, title: 'Old', cwd: '/srv/old' }],
    ]);
  });

  it('an endpoint that lists nothing offers no taking up; a refusal of the list can be tried again', async () => {
    const fake = several();
    await open(fake);
    await choose('Endpoint', 'scoped:https://worlds.example');
    expect(deep('input[name="mode"]')).toHaveLength(0);
    await choose('Endpoint', acp.id);
    fake.failure = new ApertureError('unreachable', 'The server does not answer.');
    field<HTMLInputElement>('Take up an existing one').click();
    await until(() => /does not answer/.test(one('[role="alert"]').textContent!));
    fake.failure = undefined;
    fake.remote = [{ title: 'There', updatedAt: 1, cwd: undefined, remote: {} }];
    button('Try again').click();
    await until(() => deep('input[name="remote"]').length === 1);
  });

  it('directory suggestions cover what is below for a moment and push nothing away', async () => {
    await open(new FakeStore());
    await Promise.all(
      one('dialog[open]')
        .getAnimations()
        .map((each) => each.finished),
    );
    const title = field('Title');
    const before = title.getBoundingClientRect();
    const box = one('dialog[open]').getBoundingClientRect();
    expect(before.bottom).toBeLessThan(box.bottom);
    field('Directory').focus();
    await until(() => deep('[role="option"]').length > 3);
    await painted();
    expect(one('[role="listbox"]').matches(':popover-open')).toBe(true);
    expect(title.getBoundingClientRect().top).toBe(before.top);
    field('Directory').blur();
    await painted();
    expect(deep('[role="listbox"]').some((each) => each.matches(':popover-open'))).toBe(false);
  });
});
