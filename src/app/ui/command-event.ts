import type { SessionId } from '../../core/ids.ts';
import type { CommandId } from './keys/bindings.ts';

/** What the interface itself can do, beside the commands that have keys. */
export type UiCommand =
  CommandId | 'session.open' | 'session.menu' | 'session.worktree' | 'endpoint.connect';

/**
 * Asks `ap-app` to carry out a command of the interface (as opposed to an action of the store, which
 * is asked for with `act()`). Bubbles through shadow roots.
 */
export class CommandEvent extends Event {
  static readonly type = 'ap-command';

  /**
   * @param sessionId the session meant; without it, the viewed one
   * @param from the element that a menu opens at, or that renames in place
   */
  constructor(
    readonly command: UiCommand,
    readonly sessionId?: SessionId,
    readonly from?: HTMLElement,
  ) {
    super(CommandEvent.type, { bubbles: true, composed: true });
  }
}

declare global {
  interface HTMLElementEventMap {
    'ap-command': CommandEvent;
  }
}
