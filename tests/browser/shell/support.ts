import '../../../src/app/ui/styles/tokens.css';
import { ApApp } from '../../../src/app/ui/app.ts';
import { page } from 'vitest/browser';
import type { ApSessionItem } from '../../../src/app/ui/sidebar/session-item.ts';
import type { FakeStore } from './fake-store.ts';

export { expect } from 'vitest';

/** Every element below `root` that matches, through all shadow roots, in document order. */
export function deep<E extends Element = HTMLElement>(
  selector: string,
  root: ParentNode = document,
): E[] {
  return [...root.querySelectorAll('*')].flatMap((element) => [
    ...(element.matches(selector) ? [element as E] : []),
    ...(element.shadowRoot ? deep<E>(selector, element.shadowRoot) : []),
  ]);
}

export const one = <E extends Element = HTMLElement>(selector: string, root?: ParentNode): E => {
  const [found] = deep<E>(selector, root);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
};

/** Two frames: what signals and Lit had to do is done and painted. */
export const painted = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

/** Waits until `check` gives something, and does not throw. */
export async function until<T>(check: () => T): Promise<NonNullable<T>> {
  const end = performance.now() + 15_000;
  for (;;) {
    try {
      const value = check();
      if (value) return value;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    if (performance.now() > end) throw new Error(`never came true: ${check}`);
    await painted();
  }
}

/** Puts the page up; 1280 × 800 unless told otherwise, for the runner's own window is a phone's. */
export async function mount(fake: FakeStore, width = 1280, height = 800): Promise<ApApp> {
  await page.viewport(width, height);
  const app = new ApApp();
  app.store = fake.store;
  app.actions = fake.actions;
  document.body.append(app);
  // Its code comes after the first frame, and with the first session: no test is over before it is there.
  await Promise.all([
    customElements.whenDefined('ap-toasts'),
    import('../../../src/app/ui/sessions.ts'),
    // Comes with the first sign of somebody.
    import('../../../src/app/ui/controllers/panes.ts'),
  ]);
  await painted();
  app.dispatchEvent(new PointerEvent('pointermove'));
  await painted();
  return app;
}

export function unmount(): void {
  document.body.replaceChildren();
  localStorage.clear();
  sessionStorage.clear();
  delete document.documentElement.dataset['theme'];
}

export const items = (): ApSessionItem[] => deep<ApSessionItem>('ap-session-item');

export const item = (id: string): ApSessionItem =>
  one<ApSessionItem>(`ap-session-item[data-session-id="${id}"]`);

/** A button by its accessible name, as far as these elements make one: `aria-label`, else the text. */
export function button(name: string | RegExp, root?: ParentNode): HTMLButtonElement {
  const matches = (text: string) => (typeof name === 'string' ? text === name : name.test(text));
  const found = deep<HTMLButtonElement>('button', root).find((each) =>
    matches(
      (each.getAttribute('aria-label') ?? each.textContent ?? '').replace(/\s+/g, ' ').trim(),
    ),
  );
  if (!found) throw new Error(`no button ${name}`);
  return found;
}

/** A key as the browser reports it: the place on the keyboard and, where it differs, what it types. */
export function press(
  code: string,
  init: KeyboardEventInit & { target?: EventTarget } = {},
): KeyboardEvent {
  const key = code.startsWith('Key')
    ? code.slice(3).toLowerCase()
    : code.startsWith('Digit')
      ? code.slice(5)
      : code;
  const { target = document.body, ...rest } = init;
  const event = new KeyboardEvent('keydown', {
    code,
    key,
    bubbles: true,
    composed: true,
    cancelable: true,
    ...rest,
  });
  target.dispatchEvent(event);
  return event;
}
