// The composition root: the only file of the page that starts anything.
import './ui/styles/tokens.css';
import './ui/app.ts';
import { browserEnvironment } from './client/environment.ts';
import { isGateway } from './client/gateway-api.ts';
import { workerClock } from './client/worker-clock.ts';
import { tokenIn } from './store/address.ts';
import { createStore } from './store/create-store.ts';
import { browserFrames } from './store/frames.ts';
import { IdbStorage } from './store/persistence/idb-storage.ts';

/** A browser may forbid even looking at it. */
function allowed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

// Out of the address bar before anything else: it must not be bookmarked, shared or sent on (R67).
const token = tokenIn(location.hash);
if (token !== undefined)
  history.replaceState(history.state, '', location.pathname + location.search);

const { store, actions, start } = createStore({
  storage: (trouble) => new IdbStorage({ trouble }),
  environment: browserEnvironment(),
  frames: browserFrames(),
  clock: workerClock(),
  tab: allowed(() => sessionStorage),
});

const app = document.querySelector('ap-app');
if (app) {
  app.store = store;
  app.actions = actions;
}

void start({
  baseUrl: new URL('.', document.baseURI).href,
  token,
  oldSettings: allowed(() => localStorage),
  isGateway,
});
