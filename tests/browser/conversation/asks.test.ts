import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { form, link, signIn } from './ask-scenes.ts';
import { FakeSession, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const card = (view: Mounted, id = 'r1'): HTMLElement =>
  view.log.querySelector<HTMLElement>(`[data-request-id="${id}"]`)!;
const button = (view: Mounted, name: string, id = 'r1'): HTMLButtonElement =>
  [...card(view, id).querySelectorAll<HTMLButtonElement>('button, a.button')].find(
    (each) => each.textContent!.trim() === name,
  )!;
const field = (view: Mounted, name: string): HTMLElement =>
  card(view).querySelector<HTMLElement>(`[data-field="${name}"]`)!;
const input = (view: Mounted, name: string): HTMLInputElement =>
  field(view, name).querySelector<HTMLInputElement>('input, select, textarea')!;
const problem = (view: Mounted, name: string): string =>
  field(view, name).querySelector<HTMLElement>('.ask-problem:not([hidden])')?.innerText.trim() ??
  '';

function type(view: Mounted, name: string, value: string): void {
  const element = input(view, name);
  element.value = value;
  element.dispatchEvent(new Event('input', { bubbles: true }));
  element.dispatchEvent(new Event('change', { bubbles: true }));
}

function choose(view: Mounted, name: string, value: string): void {
  const box = [...field(view, name).querySelectorAll<HTMLInputElement>('input')].find(
    (each) => each.value === value,
  )!;
  box.click();
}

/** A conversation with this request, drawn. */
async function shown(event: SessionEvent): Promise<{ fake: FakeSession; view: Mounted }> {
  const fake = new FakeSession();
  const view = await mount(fake);
  fake.feed(event);
  await vi.waitFor(() => expect(card(view).dataset['ask']).toBeDefined(), 10_000);
  return { fake, view };
}

/** Submits, and waits until it was answered or is complained about. */
async function submit(view: Mounted): Promise<void> {
  const before = view.calls.length;
  button(view, 'Submit').click();
  await vi.waitFor(() => {
    const wrong = card(view).querySelector('.ask-problem:not([hidden])');
    expect(view.calls.length > before || wrong !== null).toBe(true);
  }, 10_000);
}

describe('a form', () => {
  it('[R55] sends what was filled in, as the schema has it, for the session that asked', async () => {
    const { view } = await shown(form());
    type(view, 'name', 'Ada');
    type(view, 'when', '2026-01-31T10:00:00');
    type(view, 'count', '4');
    type(view, 'code', 'ABC');
    type(view, 'place', 'p7');
    choose(view, 'kind', 'b');
    choose(view, 'tags', 'z');
    choose(view, 'tags', 'x');
    choose(view, 'sure', 'on');
    await submit(view);
    expect(view.calls).toEqual([
      [
        'answer',
        's1',
        'r1',
        {
          optionId: 'accept',
          content: {
            name: 'Ada',
            when: new Date('2026-01-31T10:00:00').toISOString(),
            count: 4,
            sure: false,
            kind: 'b',
            place: 'p7',
            tags: ['x', 'z'],
            code: 'ABC',
          },
        },
      ],
    ]);
  });

  it('sends nothing that does not fit, says what is wrong beside it, and goes there', async () => {
    const { view } = await shown(form());
    type(view, 'mail', 'nobody');
    type(view, 'count', 'many');
    type(view, 'name', 'A');
    await submit(view);
    expect(view.calls).toEqual([]);
    expect(problem(view, 'name')).toContain('at least 2');
    expect(problem(view, 'mail')).toContain('e-mail');
    expect(problem(view, 'count')).toContain('number');
    expect(problem(view, 'kind')).toContain('needed');
    expect(problem(view, 'sure')).toBe('');
    const name = input(view, 'name');
    expect(name.getAttribute('aria-invalid')).toBe('true');
    const described = name.getAttribute('aria-describedby')!.split(' ');
    expect(described.map((id) => card(view).querySelector(`#${id}`)?.textContent?.trim())).toEqual([
      'Whose it is',
      problem(view, 'name'),
    ]);
    expect((name.getRootNode() as ShadowRoot).activeElement).toBe(name);
    // Looked at again as it is put right.
    type(view, 'name', 'Ada');
    expect(problem(view, 'name')).toBe('');
  });

  it('a pattern is tried apart from the page; one that does not fit is told', async () => {
    const properties = { code: { type: 'string', pattern: '^[A-Z]{3}$' } };
    const { view } = await shown(form(properties, []));
    type(view, 'code', 'abc');
    await submit(view);
    expect(view.calls).toEqual([]);
    expect(problem(view, 'code')).toContain('^[A-Z]{3}$');
    type(view, 'code', 'ABC');
    await vi.waitFor(() => expect(problem(view, 'code')).toBe(''));
    await submit(view);
    expect(view.calls).toHaveLength(1);
  });

  it('[R71] a pattern that would run for ever freezes nothing, and is left to who asked', async () => {
    const properties = { a: { type: 'string', pattern: '^(a+)+$' } };
    const { view } = await shown(form(properties, []));
    type(view, 'a', `${'a'.repeat(60)}b`);
    await submit(view);
    expect(view.calls).toHaveLength(1);
  });

  it('fields have labels, say which may be left out, and hide what is secret', async () => {
    const properties = {
      api_key: { type: 'string', title: 'Your API key' },
      free: { type: 'string', title: 'Anything' },
    };
    const { view } = await shown(form(properties, ['api_key']));
    expect(input(view, 'api_key').type).toBe('password');
    expect(input(view, 'free').type).toBe('text');
    const labels = [...card(view).querySelectorAll('label')].map((each) => each.innerText.trim());
    expect(labels).toEqual(['Your API key', 'Anything optional']);
    for (const label of card(view).querySelectorAll('label')) {
      expect(card(view).querySelector(`#${label.htmlFor}`)).not.toBeNull();
    }
    expect(input(view, 'api_key').getAttribute('aria-required')).toBe('true');
  });

  it('what is typed outlives the drawing, not the answer', async () => {
    const { fake, view } = await shown(form({ a: { type: 'string', title: 'A' } }, []));
    type(view, 'a', 'half a sentence');
    fake.answers.value = new Map([['r1', { state: 'sending' }]]);
    expect(button(view, 'Submit').disabled).toBe(true);
    const error = { code: 'bad_content', message: 'See “a”.', retryable: false };
    fake.answers.value = new Map([['r1', { state: 'failed', error }]]);
    expect(card(view).querySelector('[role=alert]')!.textContent).toContain('See “a”.');
    // Somebody looks at another session and comes back.
    document.body.replaceChildren();
    const again = await mount(fake);
    await vi.waitFor(() => expect(input(again, 'a')).toBeTruthy(), 10_000);
    expect(input(again, 'a').value).toBe('half a sentence');
    fake.feed({
      type: 'resolved',
      id: 'r1',
      outcome: 'selected',
      optionId: 'accept',
      fields: ['a'],
      by: 'tab-2',
    });
    expect(card(again).innerText).toContain('Answered');
    expect(card(again).innerText).toContain('by tab-2 · a');
    expect(document.body.innerHTML).not.toContain('half a sentence');
  });

  it('declines and dismisses', async () => {
    const { view } = await shown(form());
    button(view, 'Decline').click();
    button(view, 'Dismiss').click();
    expect(view.calls).toEqual([
      ['answer', 's1', 'r1', 'decline'],
      ['answer', 's1', 'r1', undefined],
    ]);
  });

  it('[R68] nothing of it is markup, and what hides or turns text is shown', async () => {
    const evil = '<img src=x onerror="globalThis.pwned=1">\u202e';
    const properties = { x: { type: 'string', title: evil, description: evil, enum: [evil] } };
    const { view } = await shown(form(properties, []));
    expect(card(view).querySelector('img')).toBeNull();
    expect(card(view).innerText).toContain('<img src=x');
    expect(card(view).innerText).toContain('⟨U+202E⟩');
    expect('pwned' in globalThis).toBe(false);
  });
});

describe('a link', () => {
  it('[R68] shows where it leads, opens by a click alone and tells nobody where from', async () => {
    const { view } = await shown(link());
    const open = button(view, 'Open login.example:8443') as unknown as HTMLAnchorElement;
    expect(open.href).toBe('https://login.example:8443/start?state=1');
    expect(open.target).toBe('_blank');
    expect(open.rel).toBe('noopener noreferrer');
    expect(card(view).innerText).toContain('https://login.example:8443/start?state=1');
    expect(view.calls).toEqual([]);
    // The page must stay: only what the click asks for is looked at.
    open.addEventListener('click', (event) => event.preventDefault());
    open.click();
    expect(view.calls).toEqual([['answer', 's1', 'r1', 'accept']]);
  });

  it('[R68] without https there is a warning, and nothing to click open', async () => {
    const { view } = await shown(link('http://login.example/start'));
    expect(card(view).querySelector('a')).toBeNull();
    expect(card(view).innerText).toContain('not encrypted');
    button(view, 'I have opened it').click();
    expect(view.calls).toEqual([['answer', 's1', 'r1', 'accept']]);
  });

  it.each(['javascript:globalThis.pwned=1', 'https://good.example@evil.example/', '//x'])(
    '[R68] %s is no link here, whatever the gateway let through',
    async (url) => {
      const { view } = await shown(link(url));
      expect(card(view).querySelector('a')).toBeNull();
      button(view, 'Decline').click();
      expect(view.calls).toEqual([['answer', 's1', 'r1', 'decline']]);
    },
  );

  it('[R68] another alphabet’s letters do not look like somebody’s name', async () => {
    const { view } = await shown(link('https://аррle.com/'));
    expect(card(view).querySelector('.ask-host')!.textContent).toMatch(/^xn--/);
  });
});

describe('a sign-in', () => {
  it('offers what the agent offers: by itself, by variables, in a terminal', async () => {
    const { view } = await shown(signIn({ failed: 'The key is wrong' }));
    expect(card(view).querySelector('[role=alert]')!.textContent).toContain('The key is wrong');
    const text = card(view).innerText;
    expect(text).toContain('SOME_KEY');
    expect(text).toContain('passEnv');
    expect(card(view).querySelector('pre')!.textContent).toBe("agent login 'a b'");
    expect(card(view).querySelector('input')).toBeNull();
    button(view, 'Sign in: Browser').click();
    button(view, 'Use OTHER_KEY').click();
    button(view, 'Try again').click();
    button(view, 'Not now').click();
    expect(view.calls.map((call) => call[3])).toEqual([
      'method:browser',
      'method:has',
      'retry',
      undefined,
    ]);
    expect(button(view, 'Use SOME_KEY')).toBeUndefined();
  });

  it('says afterwards what was chosen', async () => {
    const { fake, view } = await shown(signIn());
    fake.feed({ type: 'resolved', id: 'r1', outcome: 'selected', optionId: 'method:browser' });
    expect(card(view).innerText).toContain('Sign in: Browser');
    expect(card(view).querySelector('.ask-methods')).toBeNull();
  });
});
