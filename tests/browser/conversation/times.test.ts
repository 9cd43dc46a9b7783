import { expect, it, vi } from 'vitest';
import { FakeSession, mount } from './fake.ts';

it('the first messages’ times come behind them, later ones with them', async () => {
  const fake = new FakeSession();
  fake.prompt('go');
  fake.finish();
  const { log, settled } = await mount(fake);
  const times = () => [...log.querySelectorAll('time')];
  expect(times().every(({ dateTime }) => !Number.isNaN(Date.parse(dateTime)))).toBe(true);
  await vi.waitFor(() => {
    expect(times().length).toBeGreaterThan(1);
    for (const { textContent, title } of times()) {
      expect(textContent).toMatch(/\d\d/);
      expect(title).toMatch(/\d{4}/);
    }
  });
  fake.prompt('once more');
  await settled();
  expect(times().at(-1)!.textContent).toMatch(/\d\d/);
});

it('a button that copies a message is reached by Tab, and is seen when it is', async () => {
  const fake = new FakeSession();
  fake.prompt('go');
  const { log, settled } = await mount(fake);
  await settled();
  const button = log.querySelector<HTMLElement>('.copy')!;
  const height = () => button.getBoundingClientRect().height;
  const around = log.clientHeight;
  expect(button.tabIndex).toBe(0);
  expect(height()).toBeLessThan(10);
  button.focus();
  expect(height()).toBeGreaterThan(14);
  expect(log.clientHeight).toBe(around);
});
