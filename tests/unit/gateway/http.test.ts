import * as fc from 'fast-check';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { takesGzip } from '../../../src/gateway/http/compressed.ts';
import { LaunchTickets } from '../../../src/gateway/http/launch.ts';
import { locate } from '../../../src/gateway/http/static.ts';
import { lineLogger } from '../../../src/gateway/logger.ts';

describe('static files', () => {
  test.each([
    ['/', '/root/index.html'],
    ['/index.html', '/root/index.html'],
    ['/assets/a-1.js', '/root/assets/a-1.js'],
    ['/a%20b.png', '/root/a b.png'],
    ['/assets/', '/root/assets/index.html'],
  ])('%s is %s', (pathname, file) => expect(locate('/root', pathname)).toBe(file));

  test('[R70] no path leads out, whatever it is made of', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '/',
      '\\',
      '%5c',
      '%00',
      'a',
      '%',
      '~',
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const file = locate('/root', `/${parts.join('')}`);
        if (file !== undefined) expect(path.resolve(file)).toMatch(/^\/root\//);
      }),
    );
  });
});

test.each([
  [undefined, false],
  ['', false],
  ['br, gzip;q=0.5', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000', false],
  ['gzip;q=0.001', true],
  ['br', false],
  ['gzipped', false],
])('Accept-Encoding %s: gzip %s', (accepted, takes) => expect(takesGzip(accepted)).toBe(takes));

test('[R67] a launch ticket works once, and not for long', () => {
  let now = 0;
  const tickets = new LaunchTickets(() => now);
  const [first, second] = [tickets.issue(), tickets.issue()];
  expect(first).not.toBe(second);
  expect(tickets.redeem('nonsense')).toBe(false);
  expect(tickets.redeem(first)).toBe(true);
  expect(tickets.redeem(first)).toBe(false);
  now = 60_000;
  expect(tickets.redeem(second)).toBe(false);
});

test('[R48] one line for each event, whatever an agent or a page puts into it', () => {
  const lines: string[] = [];
  const logger = lineLogger(
    (line) => lines.push(line),
    () => new Date(0),
  );
  logger.warn('agent.bad_line', {
    sessionId: 's-1',
    detail: 'a\nforged line\u001b[2J\u202e"',
    none: undefined,
    long: 'x'.repeat(9_999),
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^1970-01-01T00:00:00.000Z warn agent.bad_line sessionId=s-1 detail="/);
  expect(lines[0]!.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(lines[0]!.length).toBeLessThan(800);
  expect(lines[0]).not.toContain('none');
});
