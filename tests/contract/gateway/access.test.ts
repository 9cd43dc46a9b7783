import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { attach, createSession, dial, gateway, http, scratch, TOKEN } from './support.ts';

/** A page that is built, and a secret beside it. */
async function builtPage(): Promise<string> {
  const root = await scratch();
  await mkdir(path.join(root, 'dist/assets'), { recursive: true });
  await writeFile(path.join(root, 'secret.txt'), 'secret');
  await writeFile(path.join(root, 'dist/.hidden'), 'secret');
  await writeFile(path.join(root, 'dist/index.html'), '<!doctype html><title>Aperture</title>');
  await writeFile(path.join(root, 'dist/assets/main-abc.js'), 'export {};');
  return path.join(root, 'dist');
}

/** Bytes as they are, for what http clients would tidy up. */
function raw(to: Gateway, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(to.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('who may come in', () => {
  test('[R67] only exact host names are answered, on every path, before anything else', async () => {
    const to = await gateway({ scripted: [] }, { pageDir: await builtPage() });
    const { port } = to;
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `localhost.evil.example:${port}`,
      `127.0.0.1:${port}.evil.example`,
    ];
    for (const Host of foreign) {
      for (const target of ['/', '/healthz', '/v1/sessions', '/nothing']) {
        const answer = await http(to, 'GET', target, { headers: { Host } });
        expect(answer.status, `${Host} ${target}`).toBe(403);
        expect(answer.json.error).toMatchObject({ code: 'forbidden_host' });
        expect(answer.json.error.message).toContain('--allow-host');
      }
    }
    for (const Host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
    ]) {
      expect((await http(to, 'GET', '/healthz', { headers: { Host } })).status).toBe(200);
    }
  });

  test('[R67] only admitted origins; none at all is no browser', async () => {
    const to = await gateway({ scripted: [] }, { allowOrigins: ['https://you.github.io'] });
    const { id } = await createSession(to);
    const own = `http://127.0.0.1:${to.port}`;
    const foreign = [
      'https://evil.example',
      'null',
      'https://you.github.io.evil.example',
      'http://you.github.io',
      `http://127.0.0.1:${to.port + 1}`,
      `https://127.0.0.1:${to.port}`,
    ];
    for (const Origin of foreign) {
      const answer = await http(to, 'GET', '/v1/sessions', { headers: { Origin } });
      expect(answer.status, Origin).toBe(403);
      expect(answer.json.error.message).toContain('--allow-origin');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      await expect(dial(to, id, { headers: { Origin } })).rejects.toThrow('HTTP 403');
    }
    for (const Origin of [own, 'https://you.github.io']) {
      const answer = await http(to, 'GET', '/v1/sessions', { headers: { Origin } });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(Origin);
      const page = await dial(to, id, { headers: { Origin } });
      page.send({ t: 'attach', token: TOKEN, client: 'x', since: 0 });
      await page.until(() => page.attached);
    }
  });

  test('[R67] the upgrade is refused before it happens', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    await expect(dial(to, id, { headers: { Host: 'evil.example' } })).rejects.toThrow(
      /HTTP 403.*--allow-host/,
    );
    await expect(dial(to, id, { path: '/v1/sessions' })).rejects.toThrow('HTTP 404');
    await expect(dial(to, id, { path: `/v1/sessions/${id}/ws/more` })).rejects.toThrow('HTTP 404');
    await expect(dial(to, id, { protocols: [] })).rejects.toThrow(/HTTP 400.*aperture\.v1/);
    await expect(dial(to, id, { protocols: ['other'] })).rejects.toThrow('HTTP 400');
    const page = await dial(to, id, { protocols: ['other', 'aperture.v1'] });
    expect(page.socket.protocol).toBe('aperture.v1');
  });

  test('a preflight is answered for admitted origins, without a token', async () => {
    const to = await gateway({ scripted: [] }, { allowOrigins: ['https://you.github.io'] });
    const ask = (Origin: string) =>
      http(to, 'OPTIONS', '/v1/sessions', {
        token: null,
        headers: {
          Origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,content-type',
          'Access-Control-Request-Private-Network': 'true',
        },
      });
    const allowed = await ask('https://you.github.io');
    expect(allowed.status).toBe(204);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://you.github.io',
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      'access-control-allow-methods': expect.stringContaining('DELETE'),
      'access-control-allow-private-network': 'true',
      vary: 'Origin',
    });
    expect(allowed.headers['access-control-allow-credentials']).toBeUndefined();
    const refused = await ask('https://evil.example');
    expect(refused.status).toBe(403);
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('--allow-host admits a proxy’s name, over TLS too', async () => {
    const to = await gateway({ scripted: [] }, { allowHosts: ['box.example'] });
    const headers = { Host: 'box.example', Origin: 'https://box.example' };
    expect((await http(to, 'GET', '/v1/sessions', { headers })).status).toBe(200);
    const other = { Host: 'box.example:1', Origin: 'https://box.example' };
    expect((await http(to, 'GET', '/v1/sessions', { headers: other })).status).toBe(403);
  });
});

describe('the page', () => {
  test('is served with its types, caching and a strict policy', async () => {
    const to = await gateway({ scripted: [] }, { pageDir: await builtPage() });
    const page = await http(to, 'GET', '/', { token: null });
    expect(page.text).toContain('<title>Aperture</title>');
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const script = await http(to, 'GET', '/assets/main-abc.js?v=1', { token: null });
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    const again = await http(to, 'GET', '/', {
      token: null,
      headers: { 'If-None-Match': String(page.headers['etag']) },
    });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect((await http(to, 'HEAD', '/', { token: null })).text).toBe('');
    expect((await http(to, 'POST', '/', { token: null })).status).toBe(405);
    expect((await http(to, 'GET', '/nothing.js', { token: null })).status).toBe(404);
  });

  test('is sent compressed to who takes it so, each version of a file by itself', async () => {
    const pageDir = await builtPage();
    const to = await gateway({ scripted: [] }, { pageDir });
    const file = path.join(pageDir, 'assets/long-abc.js');
    const first = `// ${'the same again, '.repeat(1000)}\nexport {};`;
    await writeFile(file, first);
    const get = (encoding: string) =>
      fetch(`http://127.0.0.1:${to.port}/assets/long-abc.js`, {
        headers: { 'Accept-Encoding': encoding, Origin: `http://127.0.0.1:${to.port}` },
      });
    const zipped = await get('gzip');
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(zipped.headers.get('vary')).toBe('Origin, Accept-Encoding');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(1000);
    expect(await zipped.text()).toBe(first);
    const plain = await get('identity');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('etag')).not.toBe(zipped.headers.get('etag'));
    expect(await plain.text()).toBe(first);

    const second = `${first}// changed`;
    await writeFile(file, second);
    expect(await (await get('gzip')).text()).toBe(second);
    const short = await fetch(`http://127.0.0.1:${to.port}/assets/main-abc.js`);
    expect(short.headers.get('content-encoding')).toBeNull();
  });

  test('nothing outside of it is served, however it is asked for', async () => {
    const to = await gateway({ scripted: [] }, { pageDir: await builtPage() });
    const paths = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
      '/..%5csecret.txt',
      '//secret.txt',
      '/.hidden',
      '/%2ehidden',
      '/index.html%00.js',
      '/%',
      '/assets',
      'http://127.0.0.1/../secret.txt',
    ];
    for (const target of paths) {
      const answer = await raw(
        to,
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${to.port}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer, target).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).not.toContain('secret');
    }
    // Negative control: the same way of asking does get the page.
    const page = await raw(
      to,
      `GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:${to.port}\r\nConnection: close\r\n\r\n`,
    );
    expect(page).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('[R67] a launch address leads to the token once', async () => {
    const to = await gateway({ scripted: [] }, { pageDir: await builtPage() });
    const { pathname } = new URL(to.launchUrl());
    expect(pathname).not.toContain(TOKEN);
    const first = await http(to, 'GET', pathname, { token: null });
    expect(first).toMatchObject({ status: 302, headers: { location: `/#token=${TOKEN}` } });
    const second = await http(to, 'GET', pathname, { token: null });
    expect(second).toMatchObject({ status: 302, headers: { location: '/' } });
  });

  test('what is no HTTP at all gets a short answer, and others are not disturbed', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    expect(await raw(to, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await page.turn('SAY fine')).toBe('end_turn');
  });

  test('a page that is not built says how to build it', async () => {
    const to = await gateway({ scripted: [] }, { pageDir: path.join(await scratch(), 'none') });
    const answer = await http(to, 'GET', '/', { token: null });
    expect(answer).toMatchObject({ status: 503, json: { error: { code: 'page_not_built' } } });
    expect(answer.json.error.message).toContain('npm run build');
  });
});
