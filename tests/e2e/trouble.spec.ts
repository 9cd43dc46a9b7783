import { connect } from 'node:net';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { GatewayProcess, scripted } from '../support/gateway-process.ts';
import { ROOT } from '../support/files.ts';
import { expect, test } from './fixtures.ts';

test.describe('agents in trouble', () => {
  test.use({ gatewayOptions: { env: { APERTURE_INIT_TIMEOUT_MS: '1500' } } });

  test('[R16] a crash is told in its session, and the neighbour goes on', async ({
    app,
    gateway,
  }) => {
    const crashing = await gateway.createSession('Crashing');
    const steady = await gateway.createSession('Steady');
    await app.openWith(crashing.id, steady.id);
    await app.sendTo(steady.id, 'STREAM 200 20 w');
    await app.sendTo(crashing.id, 'SAY before the crash\nCRASH 7');
    await app.hasText('before the crash');
    await app.hasText(/crash|exit|stopped|ended/i);
    await app.idle(crashing.id);
    await expect(app.row(crashing.id)).toHaveAttribute('data-status', 'error');

    await app.view(steady.id);
    await app.hasText('w:tok199');
    await app.idle(steady.id);
    await expect(app.row(steady.id)).toHaveAttribute('data-status', 'connected');
  });

  test('[R16, R47] an agent that exits at once says why, with its last words', async ({
    app,
    gateway,
  }) => {
    const response = await gateway.request('POST', '/v1/sessions', {
      agent: 'exits',
      cwd: await gateway.directory('exits'),
    });
    // Refused at once or failed a moment later: in both cases there are words for it.
    if (response.status !== 201) {
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.message).toMatch(/exit|ended|stopped/i);
      await app.open();
      return;
    }
    const { id } = (await response.json()) as { id: string };
    await app.open();
    await app.view(id);
    await app.hasText(/exit|ended|stopped/i);
    await app.hasText('told to exit at once');
  });

  test('[R47] an agent that never answers is given up, with what to do', async ({
    app,
    gateway,
  }) => {
    const response = await gateway.request('POST', '/v1/sessions', {
      agent: 'silent',
      cwd: await gateway.directory('silent'),
    });
    if (response.status !== 201) {
      const { error } = (await response.json()) as { error: { message: string } };
      expect(error.message).toMatch(/answer|initialize|respond/i);
      await app.open();
      return;
    }
    const { id } = (await response.json()) as { id: string };
    await app.open();
    await app.view(id);
    await app.hasText(/not answer|no answer|initialize|respond/i);
  });
});

test('[R70] an unknown agent and a missing directory are refused with words, and start nothing', async ({
  gateway,
}) => {
  const cwd = await gateway.directory('project');
  const refused = async (body: unknown) => {
    const response = await gateway.request('POST', '/v1/sessions', body);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    return ((await response.json()) as { error: { code: string; message: string } }).error;
  };
  expect((await refused({ agent: 'nobody', cwd })).message).toContain('nobody');
  expect((await refused({ agent: 'scripted', cwd: `${cwd}/missing` })).message).toMatch(/exist/i);
  expect((await refused({ agent: 'scripted', cwd: '/' })).message).toMatch(/director|root|inside/i);
  await refused({ agent: 'scripted', cwd: '../../..' });
  await refused({ agent: 42 });
  await refused([]);
  expect(await gateway.sessions()).toEqual([]);
});

test('[R67] a wrong token is told, and the right one can be entered', async ({
  app,
  gateway,
  page,
}) => {
  await page.goto(`${gateway.origin}/#token=${'0'.repeat(gateway.token.length)}`);
  const field = page.getByLabel(/token/i);
  await expect(field).toBeVisible();
  await expect(page.getByText(/refused the token|token/i).first()).toBeVisible();
  await field.fill(gateway.token);
  await page.getByRole('button', { name: /connect/i }).click();
  await expect(app.newSession.first()).toBeVisible();
  const { id } = await gateway.createSession('In');
  await page.reload();
  await app.connected(id);
});

test('[R71] a malformed frame costs its own socket, and nobody else anything', async ({
  app,
  gateway,
}) => {
  const { id } = await gateway.createSession('Shared');
  await app.openWith(id);
  await app.sendTo(id, 'STREAM 200 10 w');
  const nasty = [
    'no json at all',
    '{"t":"attach","__proto__":{"x":1}}',
    `${'['.repeat(5000)}`,
    JSON.stringify({ t: 'attach', token: gateway.token, client: 'x', since: -5 }),
    JSON.stringify({ t: 'prompt', k: 'k', prompt: [] }),
  ];
  for (const frame of nasty) expect(await lastWords(gateway, id, frame)).toMatch(/^closed/);
  await app.hasText('w:tok199');
  await app.idle(id);
  expect(app.openSockets).toHaveLength(1);
  expect((await fetch(`${gateway.origin}/healthz`)).status).toBe(200);
});

test('[R67] who never says who they are is shown out', async ({ gateway }) => {
  const { id } = await gateway.createSession('Guarded');
  const began = performance.now();
  expect(await lastWords(gateway, id, undefined)).toMatch(/^closed/);
  expect(performance.now() - began).toBeGreaterThan(3_000);
});

test('a port in use is said so, with what to do, and ends with a code', async ({ gateway }) => {
  const second = spawn(
    process.execPath,
    [join(ROOT, 'dist-gateway/aperture.js'), '--port', String(gateway.port), '--no-open'],
    { cwd: gateway.work, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [second.stdout, second.stderr])
    stream.on('data', (b) => (said += String(b)));
  const code = await new Promise((resolve) => second.once('exit', resolve));
  expect(code).not.toBe(0);
  expect(said).toContain(String(gateway.port));
  expect(said).toMatch(/in use/i);
  expect(said).toContain('--port');
  expect(said).not.toContain('    at ');
});

test('a broken config file is said so, and an unknown option too', async ({ gateway }) => {
  const run = (...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, [join(ROOT, 'dist-gateway/aperture.js'), ...args], {
        cwd: gateway.work,
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (b) => (said += String(b)));
      child.once('exit', (code) => resolve({ code, said }));
    });
  const config = await run(
    '--port',
    '0',
    '--no-open',
    '--config',
    join(gateway.work, 'missing.json'),
  );
  expect(config.code).not.toBe(0);
  expect(config.said).toContain('missing.json');
  const option = await run('--pork', '0');
  expect(option.code).not.toBe(0);
  expect(option.said).toContain('--pork');
  const help = await run('--help');
  expect(help.code).toBe(0);
  expect(help.said).toContain('--allow-origin');
  expect((await run('--version')).said).toMatch(/^\D*\d+\.\d+\.\d+/);
});

test('SIGTERM ends the gateway cleanly, and its agents with it', async () => {
  const gateway = await GatewayProcess.start({
    agents: { stubborn: scripted('Stubborn', '--ignore-sigterm') },
  });
  try {
    await gateway.createSession('One');
    await gateway.createSession('Two', 'stubborn');
    expect(await gateway.stop()).toBe(0);
    await expect(fetch(`${gateway.origin}/healthz`)).rejects.toThrow();
  } finally {
    await gateway.dispose();
  }
});

/** Sends one frame over a socket made by hand (Node 20 has no WebSocket) and waits for its end. */
function lastWords(
  gateway: GatewayProcess,
  id: string,
  frame: string | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1');
    let heard = '';
    socket.on('error', reject).on('close', () => resolve(`closed after ${heard.length} bytes`));
    socket.on('data', (bytes) => {
      const first = heard === '';
      heard += bytes.toString('latin1');
      if (first && frame !== undefined) socket.write(masked(frame));
      // A close frame of the server: answer it by leaving.
      if (!first && bytes[0] === 0x88) socket.end();
    });
    socket.write(
      [
        `GET /v1/sessions/${id}/ws HTTP/1.1`,
        `Host: 127.0.0.1:${gateway.port}`,
        `Origin: ${gateway.origin}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: aperture.v1',
        '\r\n',
      ].join('\r\n'),
    );
  });
}

/** A text frame with an all-zero mask, which leaves its bytes as they are. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
