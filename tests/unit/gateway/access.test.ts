import { describe, expect, test } from 'vitest';
import { Admission, bracketed, normalOrigin } from '../../../src/gateway/access/admission.ts';
import { tokenChecker } from '../../../src/gateway/access/token.ts';

const admission = (more: Partial<ConstructorParameters<typeof Admission>[0]> = {}): Admission =>
  new Admission({ host: '127.0.0.1', port: 4800, allowHosts: [], allowOrigins: [], ...more });

describe('admission', () => {
  test('[R67] hosts are compared whole; ports count', () => {
    const at = admission();
    for (const host of ['127.0.0.1:4800', 'localhost:4800', 'LocalHost:4800', '[::1]:4800'])
      expect(at.check(host, undefined).ok, host).toBe(true);
    const foreign = [
      undefined,
      '',
      'localhost',
      'localhost:48000',
      'xlocalhost:4800',
      '0.0.0.0:4800',
    ];
    for (const host of foreign) expect(at.check(host, undefined).ok, host).toBe(false);
  });

  test('[R67] what --host says is admitted; all addresses admit this machine’s numbers, no names', () => {
    expect(admission({ host: '192.0.2.7' }).check('192.0.2.7:4800', undefined).ok).toBe(true);
    expect(admission({ host: 'fe80::1' }).check('[fe80::1]:4800', undefined).ok).toBe(true);
    const all = admission({ host: '0.0.0.0' });
    expect(all.check('127.0.0.1:4800', undefined).ok).toBe(true);
    expect(all.check('rebound.example:4800', undefined).ok).toBe(false);
  });

  test('browsers leave out port 80', () => {
    const at = admission({ port: 80 });
    expect(at.check('localhost', 'http://localhost').ok).toBe(true);
    expect(admission().check('localhost', undefined).ok).toBe(false);
  });

  test('[R67] an allowed host brings its origins, an allowed origin brings no host', () => {
    const at = admission({ allowHosts: ['Box.example'], allowOrigins: ['https://you.github.io'] });
    expect(at.check('box.example', 'https://box.example').ok).toBe(true);
    expect(at.check('box.example:4800', 'http://box.example:4800').ok).toBe(true);
    expect(at.check('localhost:4800', 'https://you.github.io').ok).toBe(true);
    expect(at.check('you.github.io', undefined).ok).toBe(false);
    expect(at.check('localhost:4800', 'https://box.example.evil').ok).toBe(false);
  });

  test('what is refused is quoted without what could harm a terminal or a shell', () => {
    const verdict = admission().check('a;rm -rf\u001b[31m$(x)', undefined);
    expect(verdict.ok ? '' : verdict.error.message).not.toMatch(/[;$(\p{Cc}]/u);
  });

  test.each([
    ['https://you.github.io', 'https://you.github.io'],
    ['https://You.GitHub.io/', 'https://you.github.io'],
    ['http://localhost:5173', 'http://localhost:5173'],
    ['https://a.example:443', 'https://a.example'],
  ])('origin %s is %s', (given, normal) => expect(normalOrigin(given)).toBe(normal));

  test.each([
    '*',
    'null',
    'https://*.example',
    'https://a/b',
    'a.example',
    'file:///x',
    'https://u@a',
  ])('%s is no origin', (given) => expect(normalOrigin(given)).toBeUndefined());

  test('addresses of version 6 stand in brackets in a URL', () => {
    expect(['::1', '[::1]', '127.0.0.1', 'box'].map(bracketed)).toEqual([
      '[::1]',
      '[::1]',
      '127.0.0.1',
      'box',
    ]);
  });

  test('[R67] the token is compared whole, whatever the length', () => {
    const check = tokenChecker('the-right-token');
    expect(check('the-right-token')).toBe(true);
    for (const wrong of [
      '',
      'the-right-toke',
      'the-right-token ',
      'The-right-token',
      'x'.repeat(9_999),
    ])
      expect(check(wrong)).toBe(false);
  });
});
