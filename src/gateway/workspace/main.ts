import { Readable, Writable } from 'node:stream';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { WorkspaceAgent } from './agent.ts';

/**
 * The built-in agent on standard input and output (`aperture agent workspace`). Resolves when the client
 * has gone, or on SIGTERM, SIGINT or SIGHUP, after every program that it started has ended.
 */
export async function runWorkspaceAgent(): Promise<void> {
  const agent = new WorkspaceAgent();
  const connection = agent.app.connect(
    ndJsonStream(
      Writable.toWeb(process.stdout),
      // Node's own type for it differs from the one that fetch has.
      Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>,
    ),
  );
  const close = (): void => connection.close();
  // Without a listener a reader that went away would be an uncaught exception.
  process.stdout.on('error', close);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, close);
  await connection.closed;
  await agent.stop();
  // An open standard input would keep the process alive.
  process.stdin.destroy();
}
