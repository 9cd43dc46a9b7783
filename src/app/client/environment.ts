/** What the browser hints about the page's surroundings. Hints only: none of them is trusted alone (R14). */
export interface Environment {
  /** The page can be seen. */
  visible(): boolean;
  /** The browser believes that there is a network. */
  online(): boolean;
  /** Calls `listener` after any of them changed, and when the page is shown again, until `signal` aborts. */
  listen(listener: (hint: EnvironmentHint) => void, signal: AbortSignal): void;
}

/**
 * `frozen`: the page stands still from now on, in the back/forward cache or because the browser saves power, until
 * `resumed`; each may come twice in a row. `shown` also comes when the page was focused.
 */
export type EnvironmentHint = 'online' | 'offline' | 'shown' | 'hidden' | 'frozen' | 'resumed';

export function browserEnvironment(page: Window = window): Environment {
  return {
    visible: () => page.document.visibilityState === 'visible',
    online: () => page.navigator.onLine,
    listen(listener, signal) {
      page.addEventListener('online', () => listener('online'), { signal });
      page.addEventListener('offline', () => listener('offline'), { signal });
      page.addEventListener(
        'pageshow',
        ({ persisted }) => {
          if (persisted) listener('resumed');
          listener('shown');
        },
        { signal },
      );
      page.addEventListener(
        'pagehide',
        ({ persisted }) => {
          listener('hidden');
          if (persisted) listener('frozen');
        },
        { signal },
      );
      page.document.addEventListener('freeze', () => listener('frozen'), { signal });
      page.document.addEventListener('resume', () => listener('resumed'), { signal });
      page.addEventListener('focus', () => listener('shown'), { signal });
      page.document.addEventListener(
        'visibilitychange',
        () => listener(page.document.visibilityState === 'visible' ? 'shown' : 'hidden'),
        { signal },
      );
    },
  };
}
