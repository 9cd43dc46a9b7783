import * as smd from 'streaming-markdown';
import { stage } from './stage.js';

const { content, follow } = stage();
let parser = smd.parser(smd.default_renderer(content));

window.peer = {
  reset() {
    content.replaceChildren();
    parser = smd.parser(smd.default_renderer(content));
  },
  write(more) {
    smd.parser_write(parser, more);
    follow();
  },
  end() {
    smd.parser_end(parser);
  },
};

// So that there is something to paint when the page is loaded.
window.peer.write('Hello');
