// The composition root: the only file of the page that starts anything.
import './ui/app.ts';
import { componentStyles } from './ui/styles/sheets.ts';
import { StoreState } from './store/state.ts';

// The frame is painted from a state with nothing in it; what fills it comes right behind.
const state = new StoreState();
const app = document.querySelector('ap-app');
if (app) app.store = state;

const parts = componentStyles().then(() => import('./start.ts'));
parts.then(
  ({ run }) => run(state, app),
  () => {
    const words = document.createElement('p');
    words.role = 'alert';
    words.textContent = 'Aperture could not be loaded in full. Reload the page; nothing is lost.';
    document.body.prepend(words);
  },
);
