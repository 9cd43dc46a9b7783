import { createElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { Streamdown } from 'streamdown';
import { stage } from './stage.js';

const { content, follow } = stage();
let root = createRoot(content);
let text = '';

window.peer = {
  reset() {
    text = '';
    root.unmount();
    root = createRoot(content);
  },
  write(more) {
    text += more;
    flushSync(() => root.render(createElement(Streamdown, null, text)));
    follow();
  },
  end() {},
};

// So that there is something to paint when the page is loaded.
window.peer.write('Hello');
