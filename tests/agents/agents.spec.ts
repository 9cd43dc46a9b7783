import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { App } from '../e2e/app.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { TestModel } from './model.ts';
import { AGENT_NAMES, install, start, type AgentName } from './real-agents.ts';

interface Bench {
  gateway: GatewayProcess;
  app: App;
  /** A session with the agent under test, viewed and connected. */
  id: string;
  /** Its directory. */
  cwd: string;
}

const test = base.extend<{ agent: AgentName; bench: Bench }>({
  agent: ['opencode', { option: true }],
  bench: async ({ page, agent }, use) => {
    await install(agent);
    const model = await TestModel.start();
    const home = await mkdtemp(join(tmpdir(), 'aperture-agent-home-'));
    const started = await start(agent, home, model.url);
    const gateway = await GatewayProcess.start({
      agents: { real: started.entry },
      env: { APERTURE_INIT_TIMEOUT_MS: '120000' },
    });
    try {
      const app = new App(page, gateway);
      const cwd = await gateway.directory('project');
      const { id } = await gateway.createSession('Real', 'real', 'project');
      await app.openWith(id);
      await app.view(id);
      await use({ gateway, app, id, cwd });
      // Nothing of what a real agent says is unknown here.
      await expect(app.transcript.locator('[data-kind="raw"]')).toHaveCount(0);
      expect(app.errors).toEqual([]);
    } finally {
      await gateway.dispose();
      await started.stop();
      await model.stop();
    }
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  },
});

/** The words on the agents' own buttons differ; what they do is in their kind. */
const ALLOW = /^(allow|yes|approve)(?!.*(always|session|again))/i;
const DENY = /^(reject|deny|no\b)/i;

for (const agent of AGENT_NAMES) {
  test.describe(agent, () => {
    test.use({ agent });

    test('prompt and stream', async ({ bench: { app, id } }) => {
      await app.send('COUNT 120');
      await expect(app.messages('assistant').last()).toContainText('118 119 120');
      await app.idle(id);
      await expect(app.messages('user')).toHaveCount(1);
      await expect(app.messages('assistant')).toHaveCount(1);
      await expect(app.messages('assistant')).toContainText(/1 2 3 4 5 .* 118 119 120/);
    });

    test('tool call, approved', async ({ bench: { app, id, cwd } }) => {
      await app.send('RUN echo done > proof.txt && cat proof.txt');
      await expect(app.approval()).toHaveCount(1);
      expect(existsSync(join(cwd, 'proof.txt'))).toBe(false);
      await app.approval().getByRole('button', { name: ALLOW }).first().click();
      await expect(app.messages('assistant').last()).toContainText('so have I');
      await app.idle(id);
      expect(existsSync(join(cwd, 'proof.txt'))).toBe(true);
      const call = app.transcript.locator('[data-tool-call-id]');
      await expect(call).toHaveCount(1);
      await expect(call).toHaveAttribute('data-tool-status', 'completed');
    });

    test('tool call, denied', async ({ bench: { app, id, cwd } }) => {
      await app.send('RUN echo done > proof.txt');
      await expect(app.approval()).toHaveCount(1);
      await app.approval().getByRole('button', { name: DENY }).first().click();
      await app.idle(id);
      await expect(app.row(id)).not.toHaveAttribute('data-attention', 'approval');
      expect(existsSync(join(cwd, 'proof.txt'))).toBe(false);
    });

    test('cancel in mid-stream', async ({ bench: { app, id } }) => {
      await app.send('COUNT 5000 20');
      await expect(app.messages('assistant').last()).toContainText('5');
      await app.stop.click();
      await app.idle(id);
      await expect(app.transcript.locator('[data-stop-reason="cancelled"]')).toHaveCount(1);
      await app.send('COUNT 3');
      await expect(app.messages('assistant').last()).toContainText('1 2 3');
      await app.idle(id);
    });

    test('reload while an approval is pending', async ({ bench: { app, id }, page }) => {
      await app.send('RUN echo after the reload');
      await expect(app.approval()).toHaveCount(1);
      await page.reload();
      await app.connected(id);
      await expect(app.approval()).toHaveCount(1);
      await app.approval().getByRole('button', { name: ALLOW }).first().click();
      await expect(app.messages('assistant').last()).toContainText('so have I');
      await expect(app.messages('user')).toHaveCount(1);
      await app.idle(id);
    });

    // A part of the app-server's protocol, and of no other.
    if (agent.startsWith('codex-app-server'))
      test('a message into the running turn', async ({ bench: { app, id } }) => {
        await app.send('COUNT 200 20');
        await expect(app.messages('assistant').last()).toContainText('5');
        await app.send('Mind this');
        await app.page.getByRole('button', { name: 'Send into this turn' }).click();
        await expect(app.messages('user')).toHaveCount(2);
        await expect(app.messages('assistant').last()).toContainText('You said: Mind this');
        await app.idle(id);
        await expect(app.transcript.locator('[data-stop-reason]')).toHaveCount(1);
      });

    test('taken up again after kill -9 of the gateway', async ({ bench: { app, id, gateway } }) => {
      await app.send('COUNT 10');
      await expect(app.messages('assistant').last()).toContainText('8 9 10');
      await app.idle(id);
      await gateway.stop('SIGKILL');
      await gateway.launch();
      await app.connected(id);
      await app.send('And what did I say?');
      await expect(app.messages('assistant').last()).toContainText('You said: And what');
      await app.idle(id);
      await expect(app.messages('user')).toHaveCount(2);
      await expect(app.messages('assistant')).toHaveCount(2);
    });
  });
}
