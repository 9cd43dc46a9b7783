// What may have something to say before there is a session: not needed for the first frame. Elements that were drawn
// before it is there upgrade in place.
import './shell/banners.ts';
import './shell/toasts.ts';
