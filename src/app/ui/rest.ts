// What shows once there is a session, or something to say: not needed for the first frame. Elements that
// were drawn before it is there upgrade in place.
import './conversation/conversation.ts';
import './shell/banners.ts';
import './shell/toasts.ts';
import './sidebar/session-item.ts';
import './stage/session-header.ts';
