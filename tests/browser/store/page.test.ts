import { afterEach, describe, expect, it } from 'vitest';
import { browserEnvironment } from '../../../src/app/client/environment.ts';
import { browserFrames } from '../../../src/app/store/frames.ts';
import { until } from './kit.ts';

function setVisibility(state: 'visible' | 'hidden'): void {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  document.dispatchEvent(new Event('visibilitychange'));
}
afterEach(() => {
  Reflect.deleteProperty(document, 'visibilityState');
});

describe('the page’s surroundings', () => {
  it('[R14][R27] tells what the browser hints, until it is told to stop', () => {
    const hints: string[] = [];
    const abort = new AbortController();
    const environment = browserEnvironment();
    environment.listen((hint) => hints.push(hint), abort.signal);
    window.dispatchEvent(new Event('offline'));
    window.dispatchEvent(new Event('online'));
    setVisibility('hidden');
    expect(environment.visible()).toBe(false);
    setVisibility('visible');
    window.dispatchEvent(new Event('pagehide'));
    window.dispatchEvent(new Event('pageshow'));
    expect(hints).toEqual(['offline', 'online', 'hidden', 'shown', 'hidden', 'shown']);
    abort.abort();
    window.dispatchEvent(new Event('offline'));
    expect(hints).toHaveLength(6);
  });
});

describe('frames', () => {
  it('come once each, and not after they were cancelled', async () => {
    const frames = browserFrames();
    let runs = 0;
    frames.next(() => runs++);
    const cancel = frames.next(() => (runs += 100));
    cancel();
    await until(() => runs > 0);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(runs).toBe(1);
  });

  it('come in a hidden page too, and when it is hidden while one is awaited', async () => {
    const frames = browserFrames();
    let runs = 0;
    frames.next(() => runs++);
    setVisibility('hidden');
    await until(() => runs === 1);
    frames.next(() => runs++);
    await until(() => runs === 2);
  });
});
