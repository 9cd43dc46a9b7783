import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';

/** Processor time that a process has used so far (s); Linux only, NaN elsewhere. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond();
  } catch {
    return Number.NaN;
  }
}

/** Memory that a process holds (MB). */
export function rssMegabytes(pid: number): number {
  const kb = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kb) / 1_024;
}

let ticks: number | undefined;
const ticksPerSecond = (): number =>
  (ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })));

/** The heap of a Node process that was started with `--inspect`, asked over its inspector. */
export class HeapProbe {
  #id = 0;
  readonly #waiting = new Map<number, (result: unknown) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: unknown };
      if (id !== undefined) this.#waiting.get(id)?.(result);
    });
  }

  /** @param output what the process printed: Node says there where its inspector listens. */
  static async open(output: string): Promise<HeapProbe> {
    const url = /Debugger listening on (ws:\S+)/.exec(output)?.[1];
    if (!url) throw new Error('The process has no inspector.');
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    return new HeapProbe(socket);
  }

  /** After a collection, so that it is what is held and not what lies about (MB). */
  async heldMegabytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage');
    const { usedSize } = (await this.#ask('Runtime.getHeapUsage')) as { usedSize: number };
    return usedSize / 1_048_576;
  }

  close(): void {
    this.socket.terminate();
  }

  #ask(method: string): Promise<unknown> {
    const id = ++this.#id;
    this.socket.send(JSON.stringify({ id, method }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}
