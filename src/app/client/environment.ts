/** What the browser hints about the page's surroundings. Hints only: none of them is trusted alone (R14). */
export interface Environment {
  /** The page can be seen. */
  visible(): boolean;
  /** The browser believes that there is a network. */
  online(): boolean;
  /** Calls `listener` after any of them changed, and when the page is shown again, until `signal` aborts. */
  listen(listener: (hint: EnvironmentHint) => void, signal: AbortSignal): void;
}

/** `shown` also comes when the page returns from the back/forward cache or was focused. */
export type EnvironmentHint = 'online' | 'offline' | 'shown' | 'hidden';

export function browserEnvironment(page: Window = window): Environment {
  return {
    visible: () => page.document.visibilityState === 'visible',
    online: () => page.navigator.onLine,
    listen(listener, signal) {
      page.addEventListener('online', () => listener('online'), { signal });
      page.addEventListener('offline', () => listener('offline'), { signal });
      page.addEventListener('pageshow', () => listener('shown'), { signal });
      page.addEventListener('pagehide', () => listener('hidden'), { signal });
      page.addEventListener('focus', () => listener('shown'), { signal });
      page.document.addEventListener(
        'visibilitychange',
        () => listener(page.document.visibilityState === 'visible' ? 'shown' : 'hidden'),
        { signal },
      );
    },
  };
}
