import { parseArgv, showArgv } from '../argv.ts';
import type { Command } from '../command.ts';
import { code, fence, plural, showBytes } from '../markdown.ts';
import { runProcess, type Exit } from '../process.ts';
import { textContent, type Tool } from '../turn.ts';
import { cleanText } from '../../../core/text/sanitise.ts';

/** The first and the last bytes of the output are kept; what is between is dropped, and that is said. */
const KEEP_HEAD = 24 * 1024;
const KEEP_TAIL = 40 * 1024;
/** While it runs, only the end is sent each time: updates repeat the whole content. */
const LIVE_TAIL = 4 * 1024;
const UPDATE_EVERY_MS = 100;
const MAX_RUN_MS = 10 * 60_000;

export const run: Command = {
  name: 'run',
  description: 'Run a program, without a shell; asks first',
  hint: '<command>',
  async run(turn, argument) {
    const argv = parseArgv(argument, process.platform === 'win32');
    const [program] = argv;
    const allowed = turn.session.allowedPrograms.has(program);
    const tool = await turn.tool({
      title: showArgv(argv),
      kind: 'execute',
      rawInput: { command: argv, cwd: turn.root },
      status: allowed ? 'in_progress' : 'pending',
    });
    if (!allowed) {
      const choice = await turn.permit(tool, [
        { optionId: 'allow_once', name: 'Allow once', kind: 'allow_once' },
        {
          optionId: 'allow_always',
          name: `Always allow ${program} in this session`,
          kind: 'allow_always',
        },
        { optionId: 'reject_once', name: 'Reject', kind: 'reject_once' },
      ]);
      if (choice !== 'allow_once' && choice !== 'allow_always') {
        await tool.update({ status: 'failed', content: [textContent('Not run: not allowed.')] });
        return turn.say(`Not run: you did not allow ${code(showArgv(argv))}.\n`);
      }
      if (choice === 'allow_always') turn.session.allowedPrograms.add(program);
      await tool.update({ status: 'in_progress' });
    }

    const output = new Output();
    const live = new LiveOutput(tool, output);
    let exit: Exit;
    try {
      exit = await runProcess(argv, {
        cwd: turn.root,
        signal: turn.signal,
        timeoutMs: MAX_RUN_MS,
        onOutput: (bytes) => {
          output.add(bytes);
          live.changed();
        },
      });
    } finally {
      await live.stop();
    }
    output.end();
    const good = exit.code === 0 && !exit.timedOut;
    await tool.update({
      status: good ? 'completed' : 'failed',
      content: [textContent(fence(output.text(), 'console'))],
      rawOutput: { exitCode: exit.code, signal: exit.signal, bytes: output.bytes },
    });
    const dropped = output.dropped
      ? ` ${showBytes(output.dropped)} from the middle of its output were dropped.`
      : '';
    const size = output.bytes === 0 ? 'no output' : plural(output.lines, 'line');
    await turn.say(`${code(showArgv(argv))} ${describe(exit)} · ${size}.${dropped}\n`);
  },
};

function describe({ code: exitCode, signal, timedOut }: Exit): string {
  if (timedOut) return `was ended after ${MAX_RUN_MS / 60_000} minutes`;
  return signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
}

/** What a program wrote, as text without control sequences, bounded to its two ends. */
export class Output {
  bytes = 0;
  dropped = 0;
  lines = 0;
  private readonly decoder = new TextDecoder();
  private head = '';
  private tail = '';

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.append(this.decoder.decode(bytes, { stream: true }));
  }

  end(): void {
    this.append(this.decoder.decode());
    if (!(this.tail || this.head).endsWith('\n') && this.bytes > 0) this.lines++;
  }

  private append(text: string): void {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.lines++;
    const room = KEEP_HEAD - this.head.length;
    this.head += text.slice(0, room);
    this.tail += text.slice(room > 0 ? room : 0);
    // Cut seldom, not at every piece.
    if (this.tail.length > 2 * KEEP_TAIL) this.trim();
  }

  private trim(): void {
    const extra = this.tail.length - KEEP_TAIL;
    if (extra <= 0) return;
    this.dropped += Buffer.byteLength(this.tail.slice(0, extra));
    this.tail = this.tail.slice(extra);
  }

  text(): string {
    this.trim();
    if (this.dropped === 0) return cleanText(this.head + this.tail);
    return cleanText(
      `${this.head}\n\n[… ${showBytes(this.dropped)} were dropped here …]\n\n${this.tail}`,
    );
  }

  /** The end of it, for showing while it grows. */
  latest(): string {
    const all = this.tail.length >= LIVE_TAIL ? this.tail : this.head + this.tail;
    return cleanText(all.length > LIVE_TAIL ? `[…]\n${all.slice(-LIVE_TAIL)}` : all);
  }
}

/** Sends growing output as updates of the tool call, at most ten times a second, one at a time. */
class LiveOutput {
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private stopped = false;
  private readonly tool: Tool;
  private readonly output: Output;

  constructor(tool: Tool, output: Output) {
    this.tool = tool;
    this.output = output;
  }

  changed(): void {
    if (this.stopped || this.timer) return;
    this.timer = setTimeout(() => {
      // The next one is due only when this one has gone out: a slow client slows this down.
      this.sending = this.tool
        .update({
          status: 'in_progress',
          content: [textContent(fence(this.output.latest(), 'console'))],
        })
        .catch(() => {})
        .finally(() => {
          this.timer = undefined;
        });
    }, UPDATE_EVERY_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sending;
  }
}
