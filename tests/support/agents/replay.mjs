#!/usr/bin/env node
/**
 * Plays the agent's part of a recorded exchange (tests/support/recorded): waits for what the client said then, by
 * method, and says what the agent said after it. For tests.
 *
 *   replay.mjs FILE --state PATH [--as NAME] [--no-resume]
 *
 * The recording has a part for each process; which one is played stands in the file at PATH.
 *   --as NAME      calls itself so in `initialize`: another agent, with the same exchange
 *   --no-resume    does not offer `session/resume`, so that a client loads
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file, ...args] = process.argv.slice(2);
const valueOf = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const state = valueOf('--state');

const life = existsSync(state) ? Number(readFileSync(state, 'utf8')) : 0;
writeFileSync(state, String(life + 1));
const parts = [[]];
for (const line of readFileSync(file, 'utf8').trim().split('\n').slice(1)) {
  const entry = JSON.parse(line);
  if (entry.dir === 'restart') parts.push([]);
  else parts.at(-1).push(entry);
}
const script = parts[Math.min(life, parts.length - 1)];
/** Recorded ids of the client's requests, and those of now. */
const ids = new Map();

function altered(message) {
  const hello = message.result?.agentCapabilities && message.result;
  if (!hello) return message;
  const { resume, ...session } = hello.agentCapabilities.sessionCapabilities;
  return {
    ...message,
    result: {
      ...hello,
      agentInfo: { ...hello.agentInfo, name: valueOf('--as') ?? hello.agentInfo.name },
      agentCapabilities: {
        ...hello.agentCapabilities,
        sessionCapabilities: { ...session, ...(!args.includes('--no-resume') && { resume }) },
      },
    },
  };
}

function say(message) {
  const id = message.method ? message.id : ids.get(message.id);
  const whole = { jsonrpc: '2.0', ...altered(message), ...(id !== undefined && { id }) };
  process.stdout.write(`${JSON.stringify(whole)}\n`);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const heard = JSON.parse(line);
    const expected = script[0];
    // What the client says beside the recording is not answered.
    if (expected?.dir !== 'in' || expected.m.method !== heard.method) return;
    if (heard.method === undefined && expected.m.id !== heard.id) return;
    script.shift();
    if (heard.method !== undefined) ids.set(expected.m.id, heard.id);
    while (script[0]?.dir === 'out') say(script.shift().m);
  })
  .on('close', () => process.exit(0));
