import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { AgentProcess, type Answer } from '../../support/agents/acp-client.ts';
import { buildWorkspaceAgent, type Built } from '../../support/agents/build-workspace.ts';

export interface Workspace {
  /** The session's directory; beside it lies a secret that no session may see. */
  root: string;
  /** Writes a file below the session's directory. */
  put(name: string, content: string | Uint8Array): Promise<string>;
  git(...args: string[]): string;
  /** A started and initialised agent. */
  start(options?: { answer?: Answer; env?: NodeJS.ProcessEnv }): Promise<AgentProcess>;
}

/** For the tests of one file: the real agent, built once, in a fresh directory for each test. */
export function useWorkspace(): () => Promise<Workspace> {
  let built: Built;
  const cleanUp: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    built = await buildWorkspaceAgent();
  }, 60_000);
  afterAll(() => built.dispose());
  afterEach(async () => {
    for (const step of cleanUp.splice(0).toReversed()) await step();
  });

  return async () => {
    const outer = await realpath(await mkdtemp(path.join(os.tmpdir(), 'aperture-workspace-')));
    cleanUp.push(() => rm(outer, { recursive: true, force: true }));
    const root = path.join(outer, 'work');
    await mkdir(root);
    await writeFile(path.join(outer, 'secret.txt'), 'THE-SECRET\n');
    await symlink('../secret.txt', path.join(root, 'leak.txt'));
    await symlink('..', path.join(root, 'up'));
    return {
      root,
      async put(name, content) {
        const file = path.join(root, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
        return file;
      },
      git: (...args) =>
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
          cwd: root,
          encoding: 'utf8',
          env: { ...process.env, GIT_CONFIG_GLOBAL: os.devNull, GIT_CONFIG_SYSTEM: os.devNull },
        }),
      async start({ answer, env } = {}) {
        const agent = new AgentProcess(built.file, {
          cwd: root,
          ...(answer && { answer }),
          ...(env && { env }),
        });
        cleanUp.push(() => agent.dispose());
        await agent.initialize();
        return agent;
      },
    };
  };
}

/** Whether a process is alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until it holds; the test's own time limit ends the waiting. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
