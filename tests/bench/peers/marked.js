import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { stage } from './stage.js';

const { content, follow } = stage();
let text = '';

// The whole message anew at each frame: what most pages do.
window.peer = {
  reset() {
    text = '';
    content.replaceChildren();
  },
  write(more) {
    text += more;
    content.innerHTML = DOMPurify.sanitize(marked.parse(text));
    follow();
  },
  end() {},
};

// So that there is something to paint when the page is loaded.
window.peer.write('Hello');
