import { readFile, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { choose, type AgentProcess } from '../../support/agents/acp-client.ts';
import { useWorkspace, type Workspace } from './fixture.ts';

const workspace = useWorkspace();

/** One prompt in a new session; what was said and which tool calls there were. */
async function ask(agent: AgentProcess, root: string, prompt: string) {
  const sessionId = await agent.open(root);
  const from = agent.updates.length;
  const stopReason = await agent.prompt(sessionId, prompt);
  return { stopReason, text: agent.text(from, sessionId), tools: agent.tools(from) };
}

async function ready(prepare?: (space: Workspace) => Promise<unknown>) {
  const space = await workspace();
  await prepare?.(space);
  const agent = await space.start({ answer: choose('allow_once') });
  return { ...space, agent, ask: (prompt: string) => ask(agent, space.root, prompt) };
}

describe('/ls', () => {
  test('directories first, sizes, symlinks shown and not followed', async () => {
    const { root, ask } = await ready(async ({ put }) => {
      await put('b.txt', 'x'.repeat(1_500));
      await put('a-dir/file', '');
    });
    const { text, tools } = await ask('/ls');
    expect(text).toMatch(/- `a-dir\/`\n- `b\.txt` · 1\.5 kB\n- `leak\.txt` → `\.\.\/secret\.txt`/);
    expect(tools).toEqual([
      expect.objectContaining({
        kind: 'read',
        status: 'completed',
        rawInput: { path: '.' },
        locations: [{ path: root }],
      }),
    ]);
  });

  test('what is missing, and what is a file, is said', async () => {
    const { ask } = await ready(({ put }) => put('file', ''));
    expect((await ask('/ls none')).text).toContain('There is no `none` here');
    const { text, tools, stopReason } = await ask('/ls file');
    expect(text).toContain('is a file, not a directory');
    expect(tools[0]).toMatchObject({ status: 'failed' });
    expect(stopReason).toBe('end_turn');
  });
});

describe('/read', () => {
  test('a whole file in a fence of its language, a range by numbers', async () => {
    const { root, ask } = await ready(({ put }) => put('a b.ts', 'one\ntwo\r\n```\nfour'));
    const whole = await ask('/read a b.ts');
    expect(whole.text).toContain('````ts\none\ntwo\n```\nfour\n````');
    const range = await ask('/read "a b.ts:2-3"');
    expect(range.text).toMatch(/lines 2–3[^]*````ts\ntwo\n```\n````/);
    expect(range.tools[0]).toMatchObject({
      kind: 'read',
      status: 'completed',
      locations: [{ path: path.join(root, 'a b.ts'), line: 2 }],
      rawInput: { path: 'a b.ts', from: 2, to: 3 },
    });
    expect((await ask('/read "a b.ts:9-12"')).text).toContain('ends at line 4');
  });

  test('[R30] a long file is cut, and the next part is named', async () => {
    const lines = Array.from({ length: 1_200 }, (_, i) => `line ${i + 1}`).join('\n');
    const { ask } = await ready(({ put }) => put('long.txt', lines));
    const { text } = await ask('/read long.txt');
    expect(text).toContain('line 500\n');
    expect(text).not.toContain('line 501\n');
    expect(text).toContain('/read long.txt:501-1000');
  });

  test('[R30] one enormous line is cut', async () => {
    const { ask } = await ready(({ put }) => put('line.txt', 'y'.repeat(3_000_000)));
    expect((await ask('/read line.txt')).text.length).toBeLessThan(200_000);
  });

  test.each([
    ['a NUL', Buffer.from('text\0text')],
    ['bad UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x62])],
    ['half a character at the end', Buffer.from('ü').subarray(0, 1)],
  ])('binary content is said: %s', async (_, content) => {
    const { ask } = await ready(({ put }) => put('data.bin', content));
    const { text, tools } = await ask('/read data.bin');
    expect(text).toContain('is not UTF-8 text');
    expect(tools[0]).toMatchObject({ status: 'failed' });
  });

  test('an empty file, a directory and a pipe are said', async () => {
    const { root, ask } = await ready(async ({ put }) => {
      await put('empty', '');
      await put('dir/x', '');
    });
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    expect((await ask('/read empty')).text).toContain('is empty');
    expect((await ask('/read dir')).text).toContain('is a directory');
    expect((await ask('/read pipe')).text).toContain('no regular file');
  });

  test('[R68] control characters of a file are not passed on', async () => {
    const { ask } = await ready(({ put }) => put('evil.txt', '\u001b]0;title\u0007a\u202eb'));
    expect((await ask('/read evil.txt')).text).toContain('```\nab\n```');
  });
});

describe('[R70] nothing outside the directory is reached', () => {
  test.each([
    '/read ../secret.txt',
    '/read ../../etc/passwd',
    '/read /etc/passwd',
    '/read leak.txt',
    '/read up/secret.txt',
    '/ls ..',
    '/ls up',
    '/search SECRET in up',
    '/search SECRET in ../',
    '/diff ../secret.txt',
    '/write ../secret.txt owned',
    '/write leak.txt owned',
    '/write up/new.txt owned',
    'read ../secret.txt',
  ])('%s', async (prompt) => {
    const { root, agent, ask } = await ready();
    const { text, tools } = await ask(prompt);
    expect(text).toContain("leads outside this session's directory");
    expect(JSON.stringify([agent.updates, tools])).not.toContain('THE-SECRET');
    expect(agent.permissions).toEqual([]);
    expect(await readFile(path.join(root, '../secret.txt'), 'utf8')).toBe('THE-SECRET\n');
  });

  test('negative control: the same file inside is read', async () => {
    const { ask } = await ready(({ put }) => put('secret.txt', 'THE-SECRET\n'));
    expect((await ask('/read secret.txt')).text).toContain('THE-SECRET');
  });

  test('a search of everything does not follow symlinks out', async () => {
    const { ask } = await ready();
    expect((await ask('/search THE-SECRET')).text).toContain('Nothing found');
  });
});

describe('/search', () => {
  test('finds lines with their places; skips node_modules, .git and binaries', async () => {
    const { root, ask } = await ready(async ({ put }) => {
      await put('src/a.ts', 'zero\nconst needle = 1;\n');
      await put('node_modules/p/index.js', 'needle');
      await put('.git/config', 'needle');
      await put('blob', Buffer.from('needle\0'));
      await put('b.md', 'Needle | pipe');
    });
    const { text, tools } = await ask('/search needle');
    expect(text).toContain('**2 lines**');
    expect(text).toContain('| `src/a.ts:2` | `const needle = 1;` |');
    expect(text).toContain('| `b.md:1` | `Needle \\| pipe` |');
    expect(tools[0]).toMatchObject({
      kind: 'search',
      status: 'completed',
      locations: [
        { path: path.join(root, 'b.md'), line: 1 },
        { path: path.join(root, 'src/a.ts'), line: 2 },
      ],
    });
    expect((await ask('/search Needle')).text).toContain('**1 line**');
    expect((await ask('/search needle in src')).text).toContain('**1 line**');
    expect((await ask('/search needle in src/a.ts')).text).toContain('**1 line**');
  });

  test('“in” that is no path belongs to the text; quotes settle it', async () => {
    const { ask } = await ready(async ({ put }) => {
      await put('src/a', 'one in two\n');
      await put('b', 'x in src');
    });
    expect((await ask('/search one in two')).text).toContain('`src/a:1`');
    expect((await ask('/search "x in src"')).text).toContain('`b:1`');
    expect((await ask('/search')).text).toContain('What shall be searched?');
  });

  test('[R30] many hits are bounded, and that is said', async () => {
    const { ask, agent } = await ready(async ({ put }) => {
      for (let i = 0; i < 15; i++) await put(`f${i}`, 'hit\n'.repeat(30));
    });
    const { text } = await ask('/search hit');
    expect(text).toContain('stopped at 200 lines');
    expect(agent.tools()[0]!['locations']).toHaveLength(200);
  });
});

describe('/diff', () => {
  test('without a repository it says so', async () => {
    const { ask } = await ready();
    const { text, tools } = await ask('/diff');
    expect(text).toContain('not in a git repository');
    expect(tools[0]).toMatchObject({ status: 'completed' });
  });

  test('changed, added, deleted and untracked files as ACP diffs; binaries are named', async () => {
    const { root, ask } = await ready(async ({ put, git }) => {
      git('init', '-q');
      await put('changed ü.txt', 'old\n');
      await put('deleted.txt', 'gone\n');
      await put('same.txt', 'same\n');
      git('add', '.');
      git('commit', '-q', '-m', 'first');
      await put('changed ü.txt', 'new\n');
      git('rm', '-q', 'deleted.txt');
      await put('added.txt', 'added\n');
      git('add', 'added.txt');
      await put('untracked.txt', 'untracked\n');
      await put('blob.bin', Buffer.from([0, 1, 2]));
    });
    const { text, tools } = await ask('/diff');
    const at = (name: string): string => path.join(root, name);
    expect(tools[0]!.content).toEqual([
      { type: 'diff', path: at('added.txt'), oldText: null, newText: 'added\n' },
      { type: 'diff', path: at('changed ü.txt'), oldText: 'old\n', newText: 'new\n' },
      { type: 'diff', path: at('deleted.txt'), oldText: 'gone\n', newText: '' },
      { type: 'diff', path: at('untracked.txt'), oldText: null, newText: 'untracked\n' },
    ]);
    expect(text).toContain('untracked `blob.bin` · binary, not shown');
    const one = await ask('/diff "changed ü.txt"');
    expect(one.tools[0]!.content).toHaveLength(1);
  });

  test('a repository without a commit, and one without a change', async () => {
    const { ask, git } = await ready(async ({ put, git }) => {
      git('init', '-q');
      await put('first.txt', 'first\n');
      git('add', 'first.txt');
    });
    expect((await ask('/diff')).text).toContain('added `first.txt`');
    git('add', '.');
    git('commit', '-q', '-m', 'all');
    expect((await ask('/diff')).text).toContain('Nothing has changed');
  });

  test('[R70] a repository cannot make it run a program, nor show a file behind a symlink', async () => {
    const { root, ask } = await ready(async ({ put, git, root }) => {
      git('init', '-q');
      await put('a.txt', 'old\n');
      await put('.gitattributes', '*.txt diff=evil\n');
      git('add', '.');
      git('commit', '-q', '-m', 'first');
      for (const key of ['core.fsmonitor', 'diff.evil.command', 'diff.evil.textconv'])
        git('config', key, `touch ${root}/was-run`);
      await put('a.txt', 'new\n');
      await symlink('/etc/passwd', path.join(root, 'passwd.txt'));
    });
    const { tools } = await ask('/diff');
    expect(tools[0]!.content).toContainEqual({
      type: 'diff',
      path: path.join(root, 'passwd.txt'),
      oldText: null,
      newText: '/etc/passwd',
    });
    expect(tools[0]!.content).toContainEqual({
      type: 'diff',
      path: path.join(root, 'a.txt'),
      oldText: 'old\n',
      newText: 'new\n',
    });
    await expect(readFile(path.join(root, 'was-run'))).rejects.toThrow('ENOENT');
  });
});

describe('/write', () => {
  test('shows the change, asks, and writes when allowed', async () => {
    const { root, agent, ask } = await ready(({ put }) => put('notes.md', 'old\n'));
    const { text, tools } = await ask('/write notes.md new\nlines');
    const diff = {
      type: 'diff',
      path: path.join(root, 'notes.md'),
      oldText: 'old\n',
      newText: 'new\nlines\n',
    };
    expect(agent.permissions[0]!.toolCall).toMatchObject({ kind: 'edit', content: [diff] });
    expect(agent.permissions[0]!.options.map(({ name }) => name)).toEqual(['Allow once', 'Reject']);
    expect(tools[0]).toMatchObject({ status: 'completed', kind: 'edit', content: [diff] });
    expect(text).toContain('Replaced `notes.md`');
    expect(await readFile(path.join(root, 'notes.md'), 'utf8')).toBe('new\nlines\n');
    expect((await ask('/write new/dir/a.txt hello')).text).toContain('Created `new/dir/a.txt`');
    expect(await readFile(path.join(root, 'new/dir/a.txt'), 'utf8')).toBe('hello\n');
  });

  test('refused, nothing is written', async () => {
    const { root, agent, ask } = await ready();
    agent.answer = choose('reject_once');
    const { text, tools } = await ask('/write a.txt hello');
    expect(text).toContain('Not written');
    expect(tools[0]).toMatchObject({ status: 'failed' });
    await expect(readFile(path.join(root, 'a.txt'))).rejects.toThrow('ENOENT');
  });

  test('what changed while it waited is not overwritten, nor a path that became a way out', async () => {
    const { root, agent, ask } = await ready(({ put }) => put('a.txt', 'old\n'));
    agent.answer = async () => {
      await writeFile(path.join(root, 'a.txt'), 'somebody else\n');
      return { outcome: { outcome: 'selected', optionId: 'allow_once' } };
    };
    expect((await ask('/write a.txt mine')).text).toContain('was changed while this waited');
    expect(await readFile(path.join(root, 'a.txt'), 'utf8')).toBe('somebody else\n');
    agent.answer = async () => {
      await symlink('..', path.join(root, 'fresh'));
      return { outcome: { outcome: 'selected', optionId: 'allow_once' } };
    };
    expect((await ask('/write fresh/b.txt mine')).text).toContain('leads outside');
    await expect(readFile(path.join(root, '../b.txt'))).rejects.toThrow('ENOENT');
  });

  test('a binary file is not replaced, and a missing text is said', async () => {
    const { agent, ask } = await ready(({ put }) => put('blob', Buffer.from([0, 1])));
    expect((await ask('/write blob text')).text).toContain('cannot be shown');
    expect((await ask('/write a.txt')).text).toContain('A path and the text are needed');
    expect(agent.permissions).toEqual([]);
  });
});
