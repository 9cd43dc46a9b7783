import type { Actions } from '../store/types.ts';

/**
 * User intent on its way up: elements do not hold the actions, they ask for one, and `ap-app` carries
 * it out. Bubbles through shadow roots.
 */
export class IntentEvent extends Event {
  static readonly type = 'ap-intent';
  result: unknown;
  handled = false;

  constructor(readonly run: (actions: Actions) => unknown) {
    super(IntentEvent.type, { bubbles: true, composed: true });
  }
}

/** Asks for an action from anywhere inside `ap-app`, and returns what it returned. */
export function act<T>(from: EventTarget, run: (actions: Actions) => T): T {
  const event = new IntentEvent(run);
  from.dispatchEvent(event);
  if (!event.handled) throw new Error('act() needs an ancestor that handles intents');
  return event.result as T;
}

declare global {
  interface HTMLElementEventMap {
    'ap-intent': IntentEvent;
  }
}
