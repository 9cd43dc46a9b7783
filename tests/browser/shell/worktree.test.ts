import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import { ApertureError } from '../../../src/core/errors.ts';
import type { WorktreeState } from '../../../src/core/wire/worktree.ts';
import { FakeStore } from './fake-store.ts';
import { button, deep, item, mount, one, painted, unmount, until } from './support.ts';

afterEach(unmount);

const BRANCH = 'aperture/fix-it-a1b2c3';

const STATE: WorktreeState = {
  path: '/home/ada/.local/state/aperture/worktrees/harbour-1a2b3c4d/fix-it-a1b2c3',
  current: BRANCH,
  branch: BRANCH,
  base: 'main',
  repository: '/home/ada/code/harbour',
  ahead: 2,
  behind: 1,
  uncommitted: 1,
  unmerged: 2,
  files: [
    { path: 'src/retry.ts', change: 'changed', added: 2, removed: 1 },
    { path: 'notes \u202etxt.md', change: 'untracked' },
  ],
  mark: 'mark-1',
};

const PATCH = `diff --git a/src/retry.ts b/src/retry.ts
--- a/src/retry.ts
+++ b/src/retry.ts
@@ -1,3 +1,4 @@
 const base = 1000;
-const cap = 10_000;
+const cap = 30_000;
+const <b>jitter</b> = true;
 export { base, cap };`;

/** A session in a worktree; what the page asks of it is written down. */
function scene(state: WorktreeState = STATE) {
  const fake = new FakeStore();
  const record = fake.add({ title: 'Fix it', cwd: state.path });
  record.summary.value = {
    ...record.summary.value,
    worktree: { branch: BRANCH, base: 'main', from: '/home/ada/code/harbour' },
  };
  fake.activeSessionId.value = record.id;
  const asked: unknown[][] = [];
  const now = { state };
  const failing: Record<string, ApertureError | undefined> = {};
  const ask = (name: string, ...args: unknown[]): Promise<WorktreeState> => {
    asked.push([name, ...args]);
    const failure = failing[name];
    return failure ? Promise.reject(failure) : Promise.resolve(now.state);
  };
  fake.gateway = {
    worktree: () => ask('worktree'),
    worktreeDiff: async (_, path) => {
      await ask('diff', path);
      return { path, patch: PATCH };
    },
    commitWorktree: (_, message) => ask('commit', message),
    mergeWorktree: () => ask('merge'),
    removeWorktree: async (_, discard) => void (await ask('remove', discard)),
  };
  return { fake, record, asked, now, failing };
}

async function open(from: 'menu' | 'header' = 'header'): Promise<void> {
  if (from === 'header') button(BRANCH).click();
  else {
    button(/^Session menu/, one('ap-session-header').shadowRoot!).click();
    await until(() => button('Git worktree').click() ?? true);
  }
  await until(() => first('ap-worktree dl'));
}

/** The host's own elements, and those in the shadow trees below it. */
const within = <E extends Element = HTMLElement>(host: string, selector: string): E[] =>
  deep(host).flatMap((each) => deep<E>(selector, each.shadowRoot!));

/** What is written there; a selector `host inner` goes through the host's shadow root. */
const found = (selector: string): HTMLElement[] => {
  const [, host, inner] = /^(ap-[\w-]+) (.+)$/.exec(selector) ?? [];
  return host && inner ? within(host, inner) : deep(selector);
};

const first = <E extends HTMLElement = HTMLElement>(selector: string): E => {
  const [element] = found(selector);
  if (!element) throw new Error(`nothing matches ${selector}`);
  return element as E;
};

const words = (selector: string): string =>
  found(selector)
    .map((each) => each.textContent ?? '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();

const enabled = (name: string | RegExp): boolean => !button(name).disabled;

describe('the worktree of a session', () => {
  it.each(['menu', 'header'] as const)(
    'is shown from the %s, with counts and files',
    async (from) => {
      const { fake } = scene();
      await mount(fake);
      await open(from);
      expect(words('ap-worktree dl')).toBe(
        `Branch ${BRANCH} from main State 2 commits ahead, 1 commit behind of main; 1 file not committed Directory ${STATE.path}`,
      );
      expect(deep('ap-file-change')).toHaveLength(2);
      expect(words('ap-file-change summary')).toBe(
        'src/retry.ts +2 −1 notes txt.md new, not committed',
      );
    },
  );

  it('[R68] a diff is read when it is unfolded, and shown as text', async () => {
    const { fake, asked } = scene();
    await mount(fake);
    await open();
    expect(asked.filter(([name]) => name === 'diff')).toEqual([]);
    first('ap-file-change summary').click();
    await until(() => deep('.diff-row').length === 5);
    expect(asked.filter(([name]) => name === 'diff')).toEqual([['diff', 'src/retry.ts']]);
    expect(deep('.diff-row.add').map((row) => row.textContent)).toEqual([
      '2+const cap = 30_000;',
      '3+const <b>jitter</b> = true;',
    ]);
    expect(deep('.diff-row b')).toEqual([]);
  });

  it('is committed with the session’s title unless another message is given', async () => {
    const { fake, asked, now } = scene();
    await mount(fake);
    await open();
    now.state = { ...STATE, uncommitted: 0, mark: 'mark-2' };
    button('Commit all').click();
    await until(() => words('ap-worktree [role="status"]').includes('Committed.'));
    expect(asked).toContainEqual(['commit', 'Fix it']);
    expect(deep('input[aria-label="Commit message"]')).toEqual([]);
    expect(words('ap-worktree dl')).toContain('everything is committed');
  });

  it('[R47] is merged back; a refusal says why, and what is there now is shown', async () => {
    const { fake, asked, now, failing } = scene({ ...STATE, uncommitted: 0 });
    await mount(fake);
    await open();
    failing['merge'] = new ApertureError('base_dirty', 'harbour has uncommitted changes.');
    button('Merge back into main').click();
    await until(() => words('ap-worktree [role="alert"]') === 'harbour has uncommitted changes.');
    delete failing['merge'];
    now.state = { ...STATE, uncommitted: 0, ahead: 0, behind: 0, unmerged: 0, files: [] };
    button('Merge back into main').click();
    await until(() => words('ap-worktree [role="status"]') === 'Merged into main.');
    expect(asked.filter(([name]) => name === 'merge')).toHaveLength(2);
    expect(words('ap-worktree dl')).toContain('Level with main; everything is committed');
    expect(enabled('Merge back into main')).toBe(false);
  });

  it('is not removed before what would be lost was named, and what is discarded is what was shown', async () => {
    const { fake, asked, now, failing } = scene();
    await mount(fake);
    await open();
    failing['remove'] = new ApertureError('uncommitted', '1 file is not committed.');
    now.state = { ...STATE, uncommitted: 3, mark: 'mark-2' };
    button('Remove worktree').click();
    await until(() => button('Discard and remove'));
    expect(words('.warn')).toContain(
      `deletes for good: 3 files that are not committed, and 2 commits of ${BRANCH} that no other branch has.`,
    );
    expect(asked.filter(([name]) => name === 'remove')).toEqual([['remove', undefined]]);
    button('Keep it').click();
    await painted();
    expect(deep('.warn')).toEqual([]);
    button('Remove worktree').click();
    await until(() => button('Discard and remove'));
    // Something changed once more.
    failing['remove'] = new ApertureError('worktree_changed', 'The worktree has changed.');
    now.state = { ...STATE, uncommitted: 4, mark: 'mark-3' };
    button('Discard and remove').click();
    await until(() => words('.warn').includes('4 files'));
    delete failing['remove'];
    button('Discard and remove').click();
    await until(() => deep('ap-worktree').length === 0);
    expect(asked.filter(([name]) => name === 'remove').map(([, discard]) => discard)).toEqual([
      undefined,
      undefined,
      'mark-2',
      'mark-3',
    ]);
  });

  it('while the agent works nothing is taken from under it, and its end is seen', async () => {
    const { fake, record, now } = scene();
    record.running(1_000);
    await mount(fake);
    await open();
    expect(enabled('Remove worktree')).toBe(false);
    expect(enabled('Commit all')).toBe(false);
    now.state = { ...STATE, ahead: 3 };
    record.feed({ type: 'turn', state: 'idle', stopReason: 'end_turn' });
    await until(() => words('ap-worktree dl').includes('3 commits ahead'));
    expect(enabled('Remove worktree')).toBe(true);
  });

  it('says so when its directory is gone, another branch is there, or it was removed', async () => {
    const { current: _, ...rest } = STATE;
    const { fake, record } = scene({ ...rest, missing: true, files: [], uncommitted: 0 });
    await mount(fake);
    await open();
    expect(words('.warn')).toBe('Its directory is gone.');
    expect(enabled('Merge back into main')).toBe(false);
    record.summary.value = {
      ...record.summary.value,
      worktree: { branch: BRANCH, from: '/x', removed: true },
    };
    await until(() => words('.warn').startsWith('It was removed.'));
    expect(found('ap-worktree .foot')).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'nothing serious stands in anybody’s way, %s',
    async (theme) => {
      const { fake, failing } = scene();
      fake.settings.value = { ...fake.settings.value, theme };
      failing['remove'] = new ApertureError('uncommitted', '1 file is not committed.');
      await mount(fake);
      await open();
      first('ap-file-change summary').click();
      await until(() => deep('.diff-row').length === 5);
      button('Remove worktree').click();
      await until(() => button('Discard and remove'));
      await painted();
      const { violations } = await axe.run(document.body);
      expect(
        violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(
            ({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
          ),
      ).toEqual([]);
    },
  );

  it('ending the session says what becomes of it', async () => {
    const { fake, record } = scene();
    await mount(fake);
    button(/^Session menu/, one('ap-session-header').shadowRoot!).click();
    await until(() => button('End session').click() ?? true);
    await until(() => words('ap-confirm-end p').includes(`else it stays, as ${BRANCH}`));
    expect(item(record.id)).toBeTruthy();
  });
});

const box = () => first<HTMLInputElement>('ap-worktree-field input');

async function openNew(fake: FakeStore): Promise<void> {
  await mount(fake);
  button('New session').click();
  await until(() => one('dialog[open] #form'));
}

describe('a new session', () => {
  it('in a repository may have its own worktree', async () => {
    const fake = new FakeStore();
    fake.gateway = {
      repository: async () => ({ possible: true, repository: '/home/ada/code', branch: 'main' }),
    };
    await openNew(fake);
    await until(() => box());
    expect(words('ap-worktree-field .hint')).toContain('from main');
    box().click();
    await painted();
    button('Start session').click();
    await until(() => deep('ap-new-session').length === 0);
    expect(fake.called('createSession')).toEqual([
      [{ agent: 'workspace', cwd: '/home/ada/code', worktree: true }],
    ]);
  });

  it('elsewhere cannot, and is told why; what was chosen before does not count there', async () => {
    const fake = new FakeStore();
    fake.gateway = {
      repository: async (path) =>
        path.endsWith('harbour')
          ? { possible: true, repository: path }
          : { possible: false, why: `${path} is in no git repository.` },
    };
    await openNew(fake);
    const input = first<HTMLInputElement>('ap-directory-field input');
    const type = (value: string): void => {
      input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
    type('/home/ada/code/harbour');
    await until(() => !box().disabled);
    box().click();
    await painted();
    type('/home/ada/code/tide');
    await until(() => box().disabled && !box().checked);
    expect(words('ap-worktree-field .hint')).toBe('/home/ada/code/tide is in no git repository.');
    button('Start session').click();
    await until(() => deep('ap-new-session').length === 0);
    expect(fake.called('createSession')).toEqual([
      [{ agent: 'workspace', cwd: '/home/ada/code/tide' }],
    ]);
  });

  it('at a gateway that does not know of worktrees is not asked about one', async () => {
    const fake = new FakeStore();
    let asked = 0;
    fake.gateway = {
      repository: () => {
        asked++;
        return Promise.reject(new ApertureError('not_found', 'There is nothing at this address.'));
      },
    };
    await openNew(fake);
    await until(() => asked > 0);
    await painted();
    expect(found('ap-worktree-field input')).toEqual([]);
    expect(deep('[role="alert"]')).toEqual([]);
  });
});
