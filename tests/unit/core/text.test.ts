import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeLink } from '../../../src/core/text/link.ts';
import { cleanText, oneLine } from '../../../src/core/text/sanitise.ts';

const BIDI = [
  0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
];
const ESC = '\u001b';

const isSuspicious = (character: string): boolean => {
  const code = character.codePointAt(0)!;
  if (code === 9 || code === 10) return false;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || BIDI.includes(code);
};

describe('cleanText', () => {
  it.each([
    ['a colour', `${ESC}[31mred${ESC}[0m`, 'red'],
    ['a cursor movement', `a${ESC}[2J${ESC}[1;1Hb`, 'ab'],
    ['a private mode', `${ESC}[?1049h${ESC}[?25lx`, 'x'],
    ['a CSI of one byte', 'a\u009b31mb', 'ab'],
    [
      'a link that says one thing and goes to another',
      `${ESC}]8;;https://evil.example${ESC}\\ok${ESC}]8;;${ESC}\\`,
      'ok',
    ],
    ['a window title', `${ESC}]0;pwned\u0007text`, 'text'],
    ['a device control string', `${ESC}Pq#0;2;0;0;0${ESC}\\text`, 'text'],
    ['an escape of two characters', `${ESC}(Bx${ESC}cy`, 'xy'],
    ['backspaces that overwrite', 'safe\b\b\b\bevil', 'safeevil'],
    ['an escape inside an escape', `${ESC}${ESC}[31m[31mx`, '[31mx'],
  ])('[R68] removes %s', (_, dirty, clean) => {
    expect(cleanText(dirty)).toBe(clean);
  });

  it('[R68] removes every bidirectional override, isolate and mark', () => {
    for (const code of BIDI)
      expect([code, cleanText(`a${String.fromCodePoint(code)}b`)]).toEqual([code, 'ab']);
  });

  it('[R68] removes every control character but tab and line feed', () => {
    for (let code = 0; code < 0xa0; code++) {
      if (code >= 0x20 && code < 0x7f) continue;
      if (code === 0x1b || code === 0x9b) continue;
      const kept = code === 9 || code === 10 ? String.fromCodePoint(code) : code === 13 ? '\n' : '';
      expect([code, cleanText(`a${String.fromCodePoint(code)}b`)]).toEqual([code, `a${kept}b`]);
    }
  });

  it('[R68] loses no more than a line to a sequence that nobody closed', () => {
    expect(cleanText(`${ESC}]0;never closed\nthe answer`)).toBe('\nthe answer');
  });

  it('[R68] turns carriage returns into line feeds', () => {
    expect(cleanText('a\r\nb\rc')).toBe('a\nb\nc');
  });

  it('leaves ordinary text of any script alone', () => {
    for (const text of ['plain', 'Grüße, 世界 🌍', 'שלום עולם', 'مرحبا', 'a\tb\nc', '👩‍👩‍👧'])
      expect(cleanText(text)).toBe(text);
  });

  it('[R68] leaves nothing suspicious, whatever came in, and is done after one pass', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.string({
        unit: fc.constantFrom(
          ESC,
          '[',
          ']',
          '31',
          'm',
          '\u009b',
          '\u0007',
          '\\',
          '\n',
          '\u202e',
          'P',
          'x',
        ),
      }),
    );
    fc.assert(
      fc.property(nasty, (text) => {
        const clean = cleanText(text);
        expect([...clean].filter(isSuspicious)).toEqual([]);
        expect(cleanText(clean)).toBe(clean);
      }),
      { numRuns: 300 },
    );
  });
});

describe('oneLine', () => {
  it('puts everything on one line and says when it cut', () => {
    expect(oneLine('a\n b\t\tc ', 20)).toBe('a b c');
    expect(oneLine('abcdefgh', 5)).toBe('abcd…');
  });

  it('[R68] cleans what it shortens', () => {
    expect(oneLine(`${ESC}[31mred\u202e`, 20)).toBe('red');
  });

  it('never exceeds its length, breaks a line, or ends in half a character', () => {
    const unit = fc.constantFrom(' ', '\n', 'a', '😀', '𝒳', 'é');
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 300 }),
        fc.integer({ min: 2, max: 40 }),
        (text, max) => {
          const line = oneLine(text, max);
          expect(line.length).toBeLessThanOrEqual(max);
          expect(line).not.toContain('\n');
          // A lone half of a pair cannot be encoded.
          expect(() => encodeURIComponent(line)).not.toThrow();
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('safeLink', () => {
  it.each([
    ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    ['HTTPS://EXAMPLE.com', 'https://example.com/'],
    ['mailto:someone@example.com', 'mailto:someone@example.com'],
    ['  https://example.com  ', 'https://example.com/'],
  ])('[R68] lets %s pass', (href, expected) => {
    expect(safeLink(href)).toBe(expected);
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'java\u0000script:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://example.com/x',
    'http://example.com',
    'ftp://example.com',
    'ws://example.com',
    '//example.com',
    '/relative',
    'relative',
    '#anchor',
    '',
    'https://',
    'https://user:secret@example.com/',
    'https://example.com@evil.example/',
  ])('[R68] refuses %j', (href) => {
    expect(safeLink(href)).toBeNull();
  });

  it('[R68] gives https and mailto or nothing, for any text at all', () => {
    const scheme = fc.constantFrom(
      'https:',
      'http:',
      'javascript:',
      'mailto:',
      'data:',
      'https://',
      '',
    );
    fc.assert(
      fc.property(scheme, fc.string(), (start, rest) => {
        const link = safeLink(start + rest);
        if (link !== null) expect(link).toMatch(/^(https:\/\/|mailto:)/);
      }),
      { numRuns: 1_000 },
    );
  });
});
