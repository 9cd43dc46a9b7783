import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArgv, showArgv, takeWord } from '../../../src/gateway/workspace/argv.ts';

describe('[R70] a typed line as an argument vector', () => {
  test.each([
    ['npm test', ['npm', 'test']],
    ['  npm   run\tbuild ', ['npm', 'run', 'build']],
    [`echo 'a  b' "c d"`, ['echo', 'a  b', 'c d']],
    [`echo "it's" 'say "hi"'`, ['echo', "it's", 'say "hi"']],
    [`echo "a\\"b\\\\c\\n"`, ['echo', 'a"b\\c\\n']],
    ['echo a\\ b', ['echo', 'a b']],
    [`echo pre'mid'post`, ['echo', 'premidpost']],
    [`echo '' ""`, ['echo', '', '']],
    ['echo $HOME *.ts $(id) `id`', ['echo', '$HOME', '*.ts', '$(id)', '`id`']],
    [`echo '|' "&&" \\>`, ['echo', '|', '&&', '>']],
    ['echo a|b x;y', ['echo', 'a|b', 'x;y']],
  ])('%s', (line, argv) => expect(parseArgv(line)).toEqual(argv));

  test('on Windows a backslash separates paths', () => {
    expect(parseArgv('C:\\tools\\x.exe a\\b', true)).toEqual(['C:\\tools\\x.exe', 'a\\b']);
  });

  test.each(['a | b', 'a && b', 'a ; b', 'a > f', 'a 2>&1', 'a < f', 'a &', 'a || b'])(
    'an unquoted operator is refused with what to do instead: %s',
    (line) => {
      expect(() => parseArgv(line)).toThrow(/without a shell.*sh -c/);
    },
  );

  test.each([`echo 'open`, 'echo "open', `"`])('an open quote is refused: %s', (line) => {
    expect(() => parseArgv(line)).toThrow(/never closed/);
  });

  test.each(['', '   ', `''`])('nothing is refused: %j', (line) => {
    expect(() => parseArgv(line)).toThrow(/There is no command/);
  });

  test('whatever is shown parses back to itself', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.tuple(word.filter(Boolean), word, word), (argv) => {
        expect(parseArgv(showArgv(argv))).toEqual(argv);
      }),
    );
  });

  test('the first word leaves the rest as it was typed', () => {
    expect(takeWord(`"my file.txt"  some 'text' | here`)).toMatchObject({
      word: 'my file.txt',
      after: `some 'text' | here`,
    });
  });
});
