/** Texts as agents write them; the same ones in every run. */

const SECTION = (n: number): string => `## Step ${n}: what the parser keeps

The reader asks for **everything after** the last entry, and \`resume()\` answers with _what it has_. See
[the notes](https://example.org/notes/${n}) for the cases where \`since\` is older than the log itself.

- the first line of the list, with \`code\` in it
- the second one, which is **longer** and says why the order of entries is kept
  - nested, as agents like to do
1. then numbers
2. and more of them

\`\`\`ts
export function resume(since: number): Entry[] {
  return log.filter((entry) => entry.n > since).toSorted((a, b) => a.n - b.n); // step ${n}
}
\`\`\`

| case | before | after |
| --- | --- | --- |
| gap | lost | **shown** |
| epoch | mixed | apart |

`;

export function mixedText(length: number): string {
  let text = '';
  for (let n = 1; text.length < length; n++) text += SECTION(n);
  return text.slice(0, length);
}

export function tableText(length: number): string {
  let text = '| file | lines | what changed |\n| --- | ---: | --- |\n';
  for (let n = 1; text.length < length; n++)
    text += `| src/part-${n}.ts | ${(n * 37) % 400} | renamed \`value${n}\` and its **tests** |\n`;
  return text.slice(0, length);
}

/** The length of the pieces that models send, characters; of ours each is a byte. */
export const TOKEN = 24;

/** The text in pieces of that length. */
export function tokens(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += TOKEN) pieces.push(text.slice(at, at + TOKEN));
  return pieces;
}
