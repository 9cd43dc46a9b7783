import type { ApApp } from './ui/app.ts';
import { browserEnvironment } from './client/environment.ts';
import { isGateway } from './client/gateway-api.ts';
import { PageWorker } from './client/page-worker.ts';
import { workerClock } from './client/worker-clock.ts';
import { workerSockets } from './client/worker-sockets/worker-sockets.ts';
import { tokenIn } from './store/address.ts';
import { createStore } from './store/create-store.ts';
import { browserFrames } from './store/frames.ts';
import { IdbStorage } from './store/persistence/idb-storage.ts';
import type { StoreState } from './store/state.ts';

/** A browser may forbid even looking at it. */
function allowed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Everything behind the first frame: database, sockets, and what can be done with them. */
export function run(state: StoreState, app: ApApp | null): void {
  const token = tokenIn(location.hash);
  const worker = new PageWorker();
  const { actions, start } = createStore({
    state,
    storage: (trouble) => new IdbStorage({ trouble }),
    environment: browserEnvironment(),
    frames: browserFrames(),
    clock: workerClock(worker),
    sockets: workerSockets(worker),
    tab: allowed(() => sessionStorage),
  });
  if (app) app.actions = actions;
  void start({
    baseUrl: new URL('.', document.baseURI).href,
    token,
    oldSettings: allowed(() => localStorage),
    isGateway,
  });
  // Out of the address bar as soon as this tab keeps it, and not before: a reload would find it nowhere. There it
  // must not be bookmarked, shared or sent on (R67).
  if (token !== undefined)
    history.replaceState(history.state, '', location.pathname + location.search);
}
