import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as chat from './chat-completions.ts';
import { MODEL_NAME, type Asked, type Reply, type Schema } from './dialect.ts';
import * as responses from './responses.ts';

/**
 * A language model on this machine that does as the prompt says, so that real agents need neither network nor account:
 * `COUNT n [ms]` says the numbers from 1 to n; `RUN command` (the rest of its line) wants the agent's shell;
 * `CALL tool {…}` wants that tool with this JSON (the rest of its line); `TOOLS` names the tools there are; anything
 * else is repeated. Agents that ask without tools want a title.
 */
export class TestModel {
  readonly #server: Server;
  #calls = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<TestModel> {
    const model = new TestModel();
    await new Promise<void>((resolve) => model.#server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  /** Where the API begins. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]!;
    const api = [chat, responses].find((each) => path.endsWith(each.PATH));
    if (request.method !== 'POST' || !api) {
      const models = request.method === 'GET' && path.endsWith('/models');
      const body = models ? { object: 'list', data: [{ id: MODEL_NAME, object: 'model' }] } : {};
      response.writeHead(models ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
      return;
    }
    const body = JSON.parse(await textOf(request)) as Record<string, unknown>;
    const reply = this.#reply(api.read(body));
    if (body['stream'] !== true) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(api.whole(reply)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // The agent hangs up when its turn is cancelled.
    for await (const event of api.stream(reply, paced(reply))) {
      if (response.destroyed) return;
      response.write(event);
    }
    response.end();
  }

  #reply({ prompt, toolAnswered, tools }: Asked): Reply {
    if (tools.length === 0) return say('Test title');
    const count = /\bCOUNT (\d+)(?: (\d+))?/.exec(prompt);
    if (count) {
      const numbers = Array.from({ length: Number(count[1]) }, (_, index) => `${index + 1}`);
      return { pieces: numbers.map((each) => `${each} `), pauseMs: Number(count[2] ?? 5) };
    }
    if (/\bTOOLS\b/.test(prompt)) return say(tools.map(({ name }) => name).join(', '));
    const named = /\bCALL (\S+) (.+)/.exec(prompt);
    if (named) {
      if (toolAnswered) return say('The tool has answered.');
      const input = JSON.parse(named[2]!) as Record<string, unknown>;
      return { ...say('I shall use a tool.'), call: { id: this.#newId(), name: named[1]!, input } };
    }
    const run = /\bRUN (.+)/.exec(prompt);
    if (!run) return say(`You said: ${prompt}`);
    if (toolAnswered) return say('The command has ended, and so have I.');
    const shell = tools.find(({ name }) => /^(bash|shell|exec_command|shell_command)$/.test(name));
    if (!shell) return say(`There is no shell among ${tools.map(({ name }) => name).join(', ')}.`);
    return {
      ...say('I shall run one command.'),
      call: {
        id: this.#newId(),
        name: shell.name,
        input: inputFor(shell.schema, run[1]!.trim()),
      },
    };
  }

  #newId(): string {
    return `call_${++this.#calls}_${Date.now()}`;
  }
}

const say = (text: string, pauseMs = 5): Reply => ({
  pieces: text.match(/\s*\S{1,5}/g) ?? [text],
  pauseMs,
});

/** The command, and whatever else the tool's schema insists on. */
function inputFor({ properties = {}, required = [] }: Schema, command: string) {
  const input: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(properties)) {
    if (name === 'command' || name === 'cmd')
      input[name] = type === 'array' ? ['bash', '-lc', command] : command;
    else if (name === 'sandbox_permissions') input[name] = 'require_escalated';
    else if (name === 'justification') input[name] = 'The test wants to be asked.';
    else if (required.includes(name))
      input[name] =
        type === 'number' || type === 'integer' ? 5_000 : type === 'boolean' ? false : 'test';
  }
  return input;
}

async function* paced({ pieces, pauseMs }: Reply): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece;
    await sleep(pauseMs);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
