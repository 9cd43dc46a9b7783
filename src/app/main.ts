// The composition root: the only file of the page that starts anything.
import './ui/app.ts';
import { componentStyles } from './ui/styles/sheets.ts';
import { tokenIn } from './store/address.ts';
import { StoreState } from './store/state.ts';

// Out of the address bar before anything else: it must not be bookmarked, shared or sent on (R67).
const token = tokenIn(location.hash);
if (token !== undefined)
  history.replaceState(history.state, '', location.pathname + location.search);

// The frame is painted from a state with nothing in it; what fills it comes right behind.
const state = new StoreState();
const app = document.querySelector('ap-app');
if (app) app.store = state;

const parts = componentStyles().then(() => import('./start.ts'));
parts.then(
  ({ run }) => run(state, app, token),
  () => {
    const words = document.createElement('p');
    words.role = 'alert';
    words.textContent = 'Aperture could not be loaded in full. Reload the page; nothing is lost.';
    document.body.prepend(words);
  },
);
