// What shows sessions: their rows, header and conversation, and the page's signs. A page without one does not fetch it.
import './shell/page-signs.ts';
import './conversation/conversation.ts';
import './sidebar/session-item.ts';
import './stage/session-header.ts';
export { panesLater } from './controllers/panes-later.ts';
