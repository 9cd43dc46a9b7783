import { displayStatus } from '../store/selectors.ts';
import type { Actions, SessionRecord } from '../store/types.ts';
import type { UiCommand } from './command-event.ts';
import * as icons from './icons.ts';
import * as sessionIcons from './session-icons.ts';
import * as more from './more-icons.ts';
import type { MenuItem } from './shell/menu.ts';
import { branchIcon } from './worktree/icon.ts';

interface MenuContext {
  readonly actions: Actions;
  /** Carries out a command for this session. */
  readonly run: (command: UiCommand) => void;
  /** Edits the title where the menu was opened. */
  readonly rename: () => void;
}

/** What can be done with a session, from its row or its header. */
export function sessionMenu(
  record: SessionRecord,
  { actions, run, rename }: MenuContext,
): MenuItem[] {
  const status = displayStatus(record);
  const { id } = record;
  const items: MenuItem[] = [{ label: 'Rename', icon: icons.pencil, run: rename }];
  if (record.unread.value === 0) {
    items.push({ label: 'Mark unread', icon: more.mail, run: () => actions.markUnread(id) });
  }
  const { cwd } = record.summary.value;
  if (cwd) {
    items.push({
      label: 'Copy directory',
      icon: more.copy,
      run: () => void navigator.clipboard?.writeText(cwd),
    });
  }
  if (record.summary.value.worktree) {
    items.push({ label: 'Git worktree', icon: branchIcon, run: () => run('session.worktree') });
  }
  items.push({ label: 'Connection details', icon: icons.info, run: () => run('session.inspect') });
  if (status === 'reconnecting') {
    items.push({ label: 'Retry now', icon: sessionIcons.refresh, run: () => actions.retryNow(id) });
  }
  if (status === 'ended') {
    items.push({
      label: 'Remove local copy',
      icon: more.trash,
      danger: true,
      divided: true,
      run: () => void actions.forgetSession(id),
    });
    return items;
  }
  const apart = status === 'disconnected' || record.connection.value.status === 'error';
  items.push(
    apart
      ? { label: 'Connect', icon: icons.plug, run: () => actions.connect(id) }
      : { label: 'Disconnect', icon: icons.unplug, run: () => actions.disconnect(id) },
    {
      label: 'End session',
      icon: sessionIcons.stop,
      danger: true,
      divided: true,
      run: () => run('session.end'),
    },
  );
  return items;
}
