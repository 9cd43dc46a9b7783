import { expect, test } from './fixtures.ts';

test('[R68] what an agent sends runs nothing, loads nothing and disguises nothing', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Evil');
  await app.openWith(id);
  const before = app.requests.length;
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => (dialogs.push(dialog.message()), void dialog.dismiss()));
  await app.sendTo(
    id,
    'EVIL\nTITLE <img src=x onerror="globalThis.pwned = 1">\nPERMIT <b>bold</b>',
  );
  await app.approval().getByRole('button', { name: 'Allow once' }).click();
  await app.hasText('Permission: once');
  const folded = app.transcript.getByRole('button', { expanded: false });
  while ((await folded.count()) > 0) await folded.first().click();

  expect(await page.evaluate(() => (globalThis as { pwned?: unknown }).pwned)).toBeUndefined();
  expect(dialogs).toEqual([]);
  const loaded = app.requests.slice(before).filter((url) => !url.startsWith(gateway.origin));
  expect(loaded).toEqual([]);

  const found = await page.evaluate(() => {
    const { deep } = window as unknown as { deep(selector: string): Element[] };
    const log = '[role="log"] ';
    return {
      scripts: deep(`${log}script`).length,
      handlers: deep('*').filter((element) => element.hasAttribute('onerror')).length,
      images: deep('img').filter((element) => /evil|^x$/.test(element.getAttribute('src') ?? ''))
        .length,
      links: deep('a[href]')
        .map((element) => element.getAttribute('href')!)
        .filter((href) => !/^(https:|mailto:|#|\/|\.)/.test(href)),
    };
  });
  expect(found).toEqual({ scripts: 0, handlers: 0, images: 0, links: [] });

  const text = await app.transcript.innerText();
  expect(text).toContain('<script>');
  // Escape, the 8-bit introducer, and every bidirectional control.
  const controls = [0x1b, 0x9b, 0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e];
  expect(controls.filter((code) => text.includes(String.fromCodePoint(code)))).toEqual([]);
  expect(await app.rowText(id)).not.toContain('\u202e');
});

test('[R68] links that are let through open elsewhere and tell nothing of where they come from', async ({
  app,
  gateway,
}) => {
  const { id } = await gateway.createSession('Links');
  await app.openWith(id);
  await app.sendTo(id, 'SAY [fine](https://ok.example/path) and [bad](javascript:alert(1))');
  const link = app.transcript.getByRole('link', { name: 'fine' });
  await expect(link).toHaveAttribute('href', 'https://ok.example/path');
  await expect(link).toHaveAttribute('target', '_blank');
  await expect(link).toHaveAttribute('rel', /noreferrer/);
  await expect(app.transcript.getByRole('link')).toHaveCount(1);
});

test('[R67] the gateway’s pages come with a policy that allows no foreign and no inline script', async ({
  gateway,
}) => {
  const response = await fetch(`${gateway.origin}/`);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/default-src 'none'|default-src 'self'|script-src 'self'/);
  expect(policy).toMatch(/frame-ancestors '(?:none|self)'/);
  const script = /script-src ([^;]*)/.exec(policy)?.[1] ?? policy;
  expect(script).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('referrer-policy')).toMatch(/no-referrer|same-origin/);
});

test('[R67] a foreign page and a rebound name are refused before the upgrade', async ({
  gateway,
}) => {
  const { id } = await gateway.createSession('Closed');
  const { request } = await import('node:http');
  const status = (headers: Record<string, string>, path: string) =>
    new Promise<number>((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: gateway.port, path, headers, setHost: false },
        (response) => (response.resume(), resolve(response.statusCode ?? 0)),
      );
      call.on('upgrade', (_, socket) => (socket.destroy(), resolve(101)));
      call.on('error', reject).end();
    });
  const host = `127.0.0.1:${gateway.port}`;
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-protocol': 'aperture.v1',
  };
  const socket = `/v1/sessions/${id}/ws`;
  expect(await status({ host, origin: gateway.origin, ...upgrade }, socket)).toBe(101);
  expect(await status({ host, origin: 'https://evil.example', ...upgrade }, socket)).toBe(403);
  expect(await status({ host, origin: 'null', ...upgrade }, socket)).toBe(403);
  expect(
    await status({ host: 'rebound.example', origin: 'http://rebound.example', ...upgrade }, socket),
  ).toBe(403);
  const authorization = `Bearer ${gateway.token}`;
  expect(
    await status({ host: `evil.example:${gateway.port}`, authorization }, '/v1/sessions'),
  ).toBe(403);
  expect(
    await status({ host, authorization, origin: 'https://evil.example' }, '/v1/sessions'),
  ).toBe(403);
  expect(await status({ host }, '/v1/sessions')).toBe(401);
  expect(await status({ host }, '/healthz')).toBe(200);
});
