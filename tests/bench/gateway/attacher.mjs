/**
 * A page that attaches, in a thread of its own: what reads 100,000 entries must not be what measures how long
 * another session's take. Gets `{url, token, entries}`, answers `{first, all}` in ms after the dial.
 */
import { parentPort } from 'node:worker_threads';
import { WebSocket } from 'ws';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
const answer = (times) => parentPort.postMessage(times);

parentPort.on('message', ({ url, token, entries }) => {
  const start = performance.now();
  const socket = new WebSocket(url, 'aperture.v1', { perMessageDeflate: false });
  const hello = { t: 'attach', token, client: 'bench-late', since: 0, lines: true };
  let first;
  let last = 0;
  socket.on('open', () => socket.send(JSON.stringify(hello)));
  socket.on('message', (data) => {
    const line = data.lastIndexOf(10) + 1;
    const n = /^\{"t":"m","n":(\d+),/.exec(data.toString('latin1', line, line + 40))?.[1];
    if (n === undefined) return;
    first ??= performance.now() - start;
    last = Number(n);
    if (last < entries) return;
    answer({ first, all: performance.now() - start });
    socket.removeAllListeners('message').terminate();
  });
  socket.on('error', (error) => answer({ error: error.message }));
});
