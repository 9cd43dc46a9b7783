import { readFile } from 'node:fs/promises';
import { scripted } from './gateway-process.ts';

/** The scripted agent behind a pipe that writes down what it is told, and when, into this file. */
export function eavesdropped(file: string) {
  const inner = scripted('Eavesdropped');
  const code = `
    const { spawn } = require('node:child_process');
    const { appendFileSync } = require('node:fs');
    const { createInterface } = require('node:readline');
    const child = spawn(process.execPath, ${JSON.stringify(inner.args)}, { stdio: ['pipe', 'inherit', 'inherit'] });
    child.on('exit', (code) => process.exit(code ?? 1));
    createInterface({ input: process.stdin }).on('line', (line) => {
      const at = Date.now();
      child.stdin.write(line + '\\n');
      appendFileSync(${JSON.stringify(file)}, at + ' ' + JSON.parse(line).method + '\\n');
    }).on('close', () => child.stdin.end());`;
  return { title: 'Eavesdropped', command: process.execPath, args: ['-e', code] };
}

/** When the agent heard this method, each time; ms since 1970. */
export async function heardAt(file: string, method: string): Promise<number[]> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
  return lines.filter((line) => line.endsWith(` ${method}`)).map((line) => parseInt(line, 10));
}
