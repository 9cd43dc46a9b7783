import { effect } from '@preact/signals-core';
import type { Settings, Store } from '../../store/types.ts';
import { recall, remember } from './remembered.ts';

/** Lays a theme over the page; `auto` leaves it to the system. */
function setTheme(theme: Settings['theme']): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** Before the store has read its settings: the theme of the last visit, so that nothing flashes. */
export const recallTheme = (): void => setTheme(recall('theme', 'auto'));

/** Keeps the page in the theme that is set. @returns what stops it. */
export function keepTheme(store: Store): () => void {
  return effect(() => {
    if (!store.started.value) return;
    const { theme } = store.settings.value;
    setTheme(theme);
    remember('theme', theme);
  });
}
