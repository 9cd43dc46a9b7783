// What shows a session: its row, its header, its conversation. A page without one does not fetch it.
import './conversation/conversation.ts';
import './sidebar/session-item.ts';
import './stage/session-header.ts';
