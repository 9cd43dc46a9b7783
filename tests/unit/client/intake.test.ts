import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Intake } from '../../../src/app/client/intake.ts';
import type { Socket, SocketEvent } from '../../../src/app/client/protocols/port.ts';
import { ManualFrames } from '../store/kit.ts';

/** A socket that says what it is told to. */
class FakeSocket implements Socket {
  readyState = 1;
  readonly sent: string[] = [];
  readonly #listeners: { type: string; listener: (event: SocketEvent) => void }[] = [];

  addEventListener: Socket['addEventListener'] = (type, listener) =>
    void this.#listeners.push({ type, listener });
  send = (data: string): void => void this.sent.push(data);
  close = (): void => void (this.readyState = 3);

  say(type: string, event: SocketEvent = {}): void {
    for (const each of this.#listeners) if (each.type === type) each.listener(event);
  }
}

let frames: ManualFrames;
let intake: Intake;
let viewed: string;
/** What was told, in order. */
let told: string[];

beforeEach(() => {
  frames = new ManualFrames();
  viewed = '';
  intake = new Intake(frames, (id) => id === viewed);
  told = [];
});
afterEach(() => intake.dispose());

/** A socket of this session, whose listeners note what they hear. */
function open(id: string, signal?: AbortSignal): FakeSocket {
  const socket = new FakeSocket();
  const paced = intake.paced(id, socket);
  const options = signal && { signal };
  paced.addEventListener('open', () => void told.push(`${id} open`), options);
  paced.addEventListener('message', ({ data }) => void told.push(`${id} ${data}`), options);
  paced.addEventListener('close', ({ code }) => void told.push(`${id} closed ${code}`), options);
  return socket;
}

const burst = (socket: FakeSocket, count: number): void => {
  for (let n = 1; n <= count; n++) socket.say('message', { data: n });
};
const of = (id: string): string[] => told.filter((line) => line.startsWith(`${id} `));
const numbers = (id: string): number[] => of(id).map((line) => Number(line.split(' ')[1]));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** How much a frame reads of a burst. */
const readInFrame = (hidden: boolean): number => {
  frames.hidden = () => hidden;
  const socket = open(`h${hidden}`);
  frames.costOfLooking = 1;
  burst(socket, 5_000);
  told.length = 0;
  frames.draw();
  const read = told.length;
  frames.drawAll();
  return read;
};

describe('what sockets bring', () => {
  it('is read at once while there is time', () => {
    const socket = open('a');
    socket.say('open');
    burst(socket, 1_000);
    expect(numbers('a').slice(1)).toEqual(upTo(1_000));
    expect(frames.waiting).toBe(false);
  });

  it('[R30] a burst takes a part of each frame, and all of it is read, in order', () => {
    const socket = open('a');
    frames.costOfLooking = 1;
    burst(socket, 100_000);
    // The negative control: without a bound all of it would have been told by now.
    expect(told.length).toBeLessThanOrEqual(50_100);
    let most = 0;
    let drawn = 0;
    while (frames.waiting) {
      const before = told.length;
      frames.draw();
      most = Math.max(most, told.length - before);
      drawn++;
    }
    expect(most).toBeLessThanOrEqual(7 * 16);
    expect(drawn).toBeGreaterThan(400);
    expect(numbers('a')).toEqual(upTo(100_000));
  });

  it('[R34] the viewed session comes first, and the others have their turn in the same frame', () => {
    const sockets = ['a', 'b', 'viewed'].map((id) => open(id));
    frames.costOfLooking = 1;
    for (const socket of sockets) burst(socket, 2_000);
    viewed = 'viewed';
    told.length = 0;
    frames.draw();
    expect(told[0]).toMatch(/^viewed /);
    expect(of('viewed').length).toBeGreaterThan(of('a').length);
    expect(of('a').length).toBeGreaterThan(0);
    expect(of('b').length).toBeGreaterThan(0);
  });

  it('of ten that flood, who had no turn in a frame has it in the next', () => {
    const ids = Array.from({ length: 10 }, (_, i) => `s${i}`);
    const sockets = ids.map((id) => open(id));
    frames.costOfLooking = 1;
    for (const socket of sockets) burst(socket, 1_000);
    told.length = 0;
    frames.draw();
    frames.draw();
    expect(ids.filter((id) => of(id).length === 0)).toEqual([]);
  });

  it('a close is told after everything that came before it', () => {
    const socket = open('a');
    frames.costOfLooking = 1;
    burst(socket, 500);
    socket.say('close', { code: 1006 });
    expect(told.at(-1)).not.toBe('a closed 1006');
    frames.drawAll();
    expect(told.at(-1)).toBe('a closed 1006');
    expect(told).toHaveLength(501);
  });

  it('[R12] whoever stopped listening hears nothing of what waited', () => {
    const abort = new AbortController();
    const [socket, other] = [open('a', abort.signal), open('b')];
    frames.costOfLooking = 1;
    burst(socket, 500);
    burst(other, 500);
    const before = of('a').length;
    abort.abort();
    frames.drawAll();
    expect(of('a')).toHaveLength(before);
    expect(numbers('b')).toEqual(upTo(500));
  });

  it('[R30] few messages that are long are bounded by their length', () => {
    const socket = open('a');
    frames.costOfLooking = 1;
    burst(socket, 50);
    const before = told.length;
    const long = 'x'.repeat(8 * 1024 * 1024);
    for (let i = 0; i < 4; i++) socket.say('message', { data: long });
    // As much as may wait; one more, and the oldest are read until there is room.
    expect(told).toHaveLength(before);
    socket.say('message', { data: long });
    expect(of('a').filter((line) => line.length > 1_000)).toHaveLength(1);
    frames.drawAll();
    expect(told).toHaveLength(55);
  });

  it('[R30] what waits is bounded: beyond that it is read whatever it costs, and never dropped', () => {
    const socket = open('a');
    frames.costOfLooking = 1;
    burst(socket, 60_000);
    expect(told.length).toBeGreaterThan(9_000);
    frames.drawAll();
    expect(numbers('a')).toEqual(upTo(60_000));
  });

  it('[R16] a listener that throws costs its own frame, and no session more than that', () => {
    const bad = new FakeSocket();
    intake.paced('bad', bad).addEventListener('message', ({ data }) => {
      if (data === 20) throw new Error('oops');
      told.push(`bad ${data}`);
    });
    const good = open('good');
    frames.costOfLooking = 1;
    burst(bad, 100);
    burst(good, 100);
    let thrown = 0;
    while (frames.waiting) {
      try {
        frames.draw();
      } catch {
        thrown++;
      }
    }
    expect(thrown).toBe(1);
    expect(numbers('bad')).toEqual(upTo(100).filter((n) => n !== 20));
    expect(numbers('good')).toEqual(upTo(100));
  });

  it('a page that nobody looks at reads more in each of its rare frames', () => {
    expect(readInFrame(true)).toBeGreaterThan(3 * readInFrame(false));
  });

  it('[R52] in any order of sockets, frames and looks, each session hears its own in order, once', () => {
    const step = fc.oneof(
      fc.record({ socket: fc.nat(2), count: fc.integer({ min: 1, max: 80 }) }),
      fc.constant('draw' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(3), (steps, cost) => {
        frames = new ManualFrames();
        intake = new Intake(frames, (id) => id === 's1');
        told = [];
        frames.costOfLooking = cost;
        const sockets = [0, 1, 2].map((i) => open(`s${i}`));
        const said = [0, 0, 0];
        for (const each of steps) {
          if (each === 'draw') frames.draw();
          else {
            for (let i = 0; i < each.count; i++) {
              sockets[each.socket]!.say('message', { data: ++said[each.socket]! });
            }
          }
        }
        frames.drawAll();
        for (const i of [0, 1, 2]) expect(numbers(`s${i}`)).toEqual(upTo(said[i]!));
      }),
    );
  });

  it('[R12] nothing is told after the end', () => {
    const socket = open('a');
    frames.costOfLooking = 1;
    burst(socket, 500);
    const before = told.length;
    intake.dispose();
    frames.drawAll();
    expect(told).toHaveLength(before);
  });

  it('sending and closing do not wait', () => {
    const socket = new FakeSocket();
    const paced = intake.paced('a', socket);
    paced.send('now');
    paced.close();
    expect([socket.sent, paced.readyState]).toEqual([['now'], 3]);
  });
});
