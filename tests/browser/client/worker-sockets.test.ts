import { beforeEach, expect, test, vi } from 'vitest';
import { PageWorker, type FromWorker, type ToWorker } from '../../../src/app/client/page-worker.ts';
import type { Socket } from '../../../src/app/client/protocols/port.ts';
import { CONFIRM_EVERY } from '../../../src/app/client/worker-sockets/orders.ts';
import { SocketHost } from '../../../src/app/client/worker-sockets/socket-host.ts';
import { workerSockets } from '../../../src/app/client/worker-sockets/worker-sockets.ts';

/** The server of this very page takes sockets, and closes them itself. */
const SERVER = location.origin.replace(/^http/, 'ws');

interface Heard {
  kinds: string[];
  data: unknown[];
  codes: (number | undefined)[];
}

function listen(socket: Socket): Heard {
  const heard: Heard = { kinds: [], data: [], codes: [] };
  for (const kind of ['open', 'message', 'close'] as const) {
    socket.addEventListener(kind, ({ data, code }) => {
      heard.kinds.push(kind);
      if (kind === 'message') heard.data.push(data);
      if (kind === 'close') heard.codes.push(code);
    });
  }
  return heard;
}

test('a socket in the worker opens, is told of, and ends as it would in the page', async () => {
  const socket = workerSockets(new PageWorker())(`${SERVER}/`, ['vite-ping']);
  const heard = listen(socket);
  const states: number[] = [socket.readyState];
  socket.addEventListener('open', () => {
    states.push(socket.readyState);
    socket.close();
    states.push(socket.readyState);
  });
  await vi.waitFor(() => expect(heard.kinds).toEqual(['open', 'close']));
  expect([...states, socket.readyState]).toEqual([0, 1, 2, 3]);
});

test('an address that is none ends as a policy, so that nobody dials it again', async () => {
  const heard = listen(workerSockets(new PageWorker())('ws://%', []));
  await vi.waitFor(() => expect(heard.codes).toEqual([1008]));
});

test('a server that is not there ends with 1006', async () => {
  const heard = listen(workerSockets(new PageWorker())('ws://127.0.0.1:1/', []));
  await vi.waitFor(() => expect(heard.codes).toEqual([1006]));
});

test('where the worker cannot be loaded, its sockets drop and the next ones are the page’s own', async () => {
  const worker = new PageWorker(() => new Worker(new URL('no-such-file.js', location.href)));
  const own = vi.fn<() => Socket>();
  const sockets = workerSockets(worker, own);
  const heard = listen(sockets(`${SERVER}/`, []));
  await vi.waitFor(() => expect(heard.codes).toEqual([1006]));
  expect(own).not.toHaveBeenCalled();
  sockets(`${SERVER}/`, []);
  expect(own).toHaveBeenCalledOnce();
});

/** A worker that the test plays: what it is told, and what it tells. */
function played(): { worker: PageWorker; told: ToWorker[]; tell: (message: FromWorker) => void } {
  const told: ToWorker[] = [];
  const port = new EventTarget();
  const worker = new PageWorker(
    () =>
      Object.assign(port, {
        postMessage: (message: ToWorker) => told.push(message),
      }) as unknown as Worker,
  );
  const tell = (data: FromWorker): unknown =>
    port.dispatchEvent(new MessageEvent('message', { data }));
  return { worker, told, tell };
}

test('[R71] who throws at one message costs neither the next nor another session', async () => {
  const { worker, tell } = played();
  const sockets = workerSockets(worker);
  const [bad, good] = [sockets('ws://a/', []), sockets('ws://b/', [])];
  const heard = listen(good);
  const reported = vi.fn<(event: ErrorEvent) => void>((event) => event.preventDefault());
  addEventListener('error', reported);
  bad.addEventListener('message', () => {
    throw new Error('on purpose');
  });
  tell({
    news: [
      [1, 'open'],
      [2, 'open'],
      [1, 'message', 'x'],
      [2, 'message', 'y'],
    ],
  });
  expect(heard.data).toEqual(['y']);
  removeEventListener('error', reported);
  expect(reported).toHaveBeenCalledOnce();
});

test('nothing is heard of a socket after it was closed here but its end', () => {
  const { worker, tell, told } = played();
  const socket = workerSockets(worker)('ws://a/', []);
  const heard = listen(socket);
  tell({
    news: [
      [1, 'open'],
      [1, 'message', 'before'],
    ],
  });
  socket.close();
  socket.send('too late');
  tell({
    news: [
      [1, 'message', 'under way'],
      [1, 'close', 1000, ''],
      [1, 'message', 'never'],
    ],
  });
  expect([heard.kinds, heard.data]).toEqual([['open', 'message', 'close'], ['before']]);
  expect(told.filter(({ socket: order }) => order && 'data' in order)).toEqual([]);
});

class TestSocket extends EventTarget {
  static readonly OPEN = 1;
  static readonly all: TestSocket[] = [];
  readyState = 1;
  constructor() {
    super();
    TestSocket.all.push(this);
  }
  brings(data: string): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

beforeEach(() => {
  TestSocket.all.length = 0;
  vi.stubGlobal('WebSocket', TestSocket);
  return () => vi.unstubAllGlobals();
});

/** What a host sends of sockets that bring a token every `apart` ms for a second, and when. */
function streamed(...apart: number[]): { at: number; data: unknown[] }[] {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const pieces: { at: number; data: unknown[] }[] = [];
  let read = 0;
  const host = new SocketHost((news) => {
    pieces.push({ at: performance.now(), data: news.map(([, , data]) => data) });
  });
  apart.forEach((_, id) => host.order({ id, url: 'ws://a/', protocols: [] }));
  for (let ms = 0; ms < 1_000; ms++) {
    apart.forEach((each, id) => {
      if (ms % each === 0) TestSocket.all[id]!.brings(`${id}: ${performance.now()}`);
    });
    vi.advanceTimersByTime(1);
    for (; read + CONFIRM_EVERY <= pieces.length; read += CONFIRM_EVERY) host.read();
  }
  vi.advanceTimersByTime(100);
  vi.useRealTimers();
  return pieces;
}

const late = (at: number, data: unknown): number => at - Number(String(data).split(': ')[1]);

test('fast streams come in few pieces, whole and in order', () => {
  const pieces = streamed(...Array.from({ length: 10 }, () => 5));
  const all = pieces.flatMap(({ data }) => data);
  expect(all).toHaveLength(2_000);
  const first = all.filter((data) => String(data).startsWith('0:'));
  expect(first).toEqual(first.toSorted((a, b) => late(0, b) - late(0, a)));
  expect(pieces.length).toBeLessThan(80);
  expect(Math.max(...pieces.flatMap(({ at, data }) => data.map((d) => late(at, d))))).toBeLessThan(
    18,
  );
});

test('so do those that a gateway gathers, though each of their messages is further apart', () => {
  const pieces = streamed(...Array.from({ length: 10 }, (_, i) => 16 - (i % 2)));
  expect(pieces.flatMap(({ data }) => data).length).toBeGreaterThan(620);
  expect(pieces.length).toBeLessThan(80);
});

test('what comes seldom is not held up by fast streams', () => {
  const pieces = streamed(5, 5, 5, 20);
  const slow = pieces.flatMap(({ at, data }) =>
    data.filter((each) => String(each).startsWith('3:')).map((each) => late(at, each)),
  );
  expect(slow).toHaveLength(50);
  expect(Math.max(...slow)).toBeLessThan(6);
});

test('[R30] a page that does not read is sent no more, and loses nothing', async () => {
  const pieces: (readonly unknown[])[] = [];
  const host = new SocketHost((news) => pieces.push(news));
  host.order({ id: 1, url: 'ws://a/', protocols: [] });
  const [socket] = TestSocket.all;
  // More than twice what its unconfirmed pieces may hold together, so that no pace of this machine matters.
  const COUNT = 100_000;
  for (let i = 0; i < COUNT; i++) socket!.brings(`${i}`);
  await vi.waitFor(() => expect(pieces.length).toBe(2 * CONFIRM_EVERY));
  const sent = pieces.flat().length;
  expect(sent).toBeLessThan(COUNT / 2);
  // Negative control: it does go on once the page reads.
  for (let read = 0; pieces.flat().length < COUNT; read++) {
    expect(read).toBeLessThan(100);
    host.read();
  }
  expect(pieces.flat().map((news) => (news as [number, string, string])[2])).toEqual(
    Array.from({ length: COUNT }, (_, i) => `${i}`),
  );
});
