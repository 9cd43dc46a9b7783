import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  agent,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type AgentApp,
  type AgentContext,
  type ContentBlock,
  type PromptRequest,
  type PromptResponse,
} from '@agentclientprotocol/sdk';
import { ApertureError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { greet } from './commands/help.ts';
import { COMMANDS } from './commands/index.ts';
import { explain } from './explain.ts';
import { code } from './markdown.ts';
import { Turn, type WorkspaceSession } from './turn.ts';
import { understand } from './understand.ts';

declare const __APERTURE_VERSION__: string;

interface LiveSession extends WorkspaceSession {
  turn: { controller: AbortController; settled: Promise<unknown> } | undefined;
}

/** Longest prompt, in UTF-16 units. */
const MAX_PROMPT = 1024 * 1024;

/** The built-in agent: ACP on one side, the session's directory on the other, no language model in between. */
export class WorkspaceAgent {
  readonly app: AgentApp;
  private readonly sessions = new Map<string, LiveSession>();

  constructor() {
    this.app = agent({ name: 'aperture-workspace' })
      .onRequest(methods.agent.initialize, () => ({
        protocolVersion: PROTOCOL_VERSION,
        agentInfo: {
          name: 'aperture-workspace',
          title: 'Workspace',
          version: __APERTURE_VERSION__,
        },
        agentCapabilities: { sessionCapabilities: { close: {} } },
        authMethods: [],
      }))
      .onRequest(methods.agent.session.new, async ({ params, client }) => {
        const session = await openSession(params.cwd);
        this.sessions.set(session.id, session);
        // The client knows the session only once it has the response.
        setTimeout(() => void announce(session.id, client), 0);
        return { sessionId: session.id };
      })
      .onRequest(methods.agent.session.prompt, ({ params, client, signal }) =>
        this.prompt(params, client, signal),
      )
      .onRequest(methods.agent.session.close, async ({ params }) => {
        const session = this.sessions.get(params.sessionId);
        this.sessions.delete(params.sessionId);
        session?.turn?.controller.abort(new Cancelled());
        await session?.turn?.settled;
        return {};
      })
      .onNotification(methods.agent.session.cancel, ({ params }) => {
        this.sessions.get(params.sessionId)?.turn?.controller.abort(new Cancelled());
      });
  }

  /** Ends every turn, and with it the programs that it started; resolves when all are gone. */
  async stop(): Promise<void> {
    const turns = [...this.sessions.values()].flatMap(({ turn }) => (turn ? [turn] : []));
    for (const turn of turns) turn.controller.abort(new Cancelled());
    await Promise.all(turns.map((turn) => turn.settled));
  }

  private async prompt(
    { sessionId, prompt }: PromptRequest,
    client: AgentContext,
    requestSignal: AbortSignal,
  ): Promise<PromptResponse> {
    const session = this.sessions.get(sessionId);
    if (!session) throw RequestError.sessionNotFound(sessionId);
    if (session.turn) {
      throw RequestError.invalidRequest(
        undefined,
        'A turn is running in this session. Wait for its end, or cancel it.',
      );
    }
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, requestSignal]);
    const work = answer(new Turn(session, client, signal), textOf(prompt));
    session.turn = { controller, settled: work.catch(() => {}) };
    try {
      return await work;
    } finally {
      session.turn = undefined;
    }
  }
}

class Cancelled extends Error {
  override name = 'Cancelled';
}

async function openSession(cwd: string): Promise<LiveSession> {
  const refuse = (why: string): RequestError =>
    RequestError.invalidParams({ cwd }, `${cwd} ${why}. Give the absolute path of a directory.`);
  if (!path.isAbsolute(cwd)) throw refuse('is not absolute');
  let root: string;
  try {
    root = await realpath(cwd);
    if (!(await stat(root)).isDirectory()) throw refuse('is not a directory');
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw refuse('cannot be opened');
  }
  return { id: newId(), root, allowedPrograms: new Set(), turn: undefined };
}

function announce(sessionId: string, client: AgentContext): Promise<void> {
  return client
    .notify(methods.client.session.update, {
      sessionId,
      update: {
        sessionUpdate: 'available_commands_update',
        availableCommands: COMMANDS.map(({ name, description, hint }) => ({
          name,
          description,
          ...(hint && { input: { hint } }),
        })),
      },
    })
    .catch(() => {
      // The connection went away first; nobody misses the list.
    });
}

/** Runs one turn. A command that fails says why; it is not an error of the protocol. */
async function answer(turn: Turn, prompt: string): Promise<PromptResponse> {
  try {
    const understood = understand(prompt, COMMANDS);
    if (understood) await understood.command.run(turn, understood.argument);
    else {
      const unknown = /^\s*(\/\S{1,40})/.exec(prompt);
      if (unknown) await turn.say(`There is no command ${code(unknown[1]!)}.\n\n`);
      await greet(turn);
    }
    await turn.close();
    return { stopReason: 'end_turn' };
  } catch (error) {
    await turn.close();
    if (turn.signal.aborted) return { stopReason: 'cancelled' };
    // The file system's own errors are about the workspace too; everything else is a defect.
    if (error instanceof ApertureError || isFileSystemError(error)) {
      await turn.say(`${explain(error, 'that').message}\n`);
      return { stopReason: 'end_turn' };
    }
    throw error;
  }
}

const isFileSystemError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/** What was typed; a linked file (`@file` in many clients) counts as its path. */
function textOf(prompt: readonly ContentBlock[]): string {
  const text = prompt
    .map((block) => {
      if (block.type === 'text') return block.text;
      if (block.type !== 'resource_link' || !block.uri.startsWith('file://')) return '';
      try {
        const file = fileURLToPath(block.uri);
        return `"${file.replace(/["\\]/g, '\\$&')}"`;
      } catch {
        return '';
      }
    })
    .filter(Boolean)
    .join(' ');
  if (text.length > MAX_PROMPT) {
    throw RequestError.invalidParams(undefined, `A prompt may have ${MAX_PROMPT} characters.`);
  }
  return text;
}
