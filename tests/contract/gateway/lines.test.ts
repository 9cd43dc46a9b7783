import { describe, expect, test } from 'vitest';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import { decodeServerFrame } from '../../../src/core/wire/decode.ts';
import { createSession, dial, gateway, TOKEN } from './support.ts';

/** Attaches with a socket that counts messages, and reads each as lines. */
async function attachWith(to: Awaited<ReturnType<typeof gateway>>, id: string, lines?: boolean) {
  const page = await dial(to, id);
  const told: { lines: number; numbers: number[] }[] = [];
  page.socket.removeAllListeners('message');
  page.socket.on('message', (data: Buffer) => {
    const frames = data
      .toString()
      .split('\n')
      .map((line) => decodeServerFrame(line));
    page.frames.push(...frames);
    const numbers = frames.flatMap((frame) => (frame.t === 'm' ? [frame.n] : []));
    told.push({ lines: frames.length, numbers });
    page.socket.emit('told');
  });
  page.send({ t: 'attach', token: TOKEN, client: page.client, since: 0, ...(lines && { lines }) });
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await new Promise((resolve) => page.socket.once('told', resolve));
  };
  await until(() => page.attached !== undefined);
  return { page, told, until };
}

describe('a page that reads several frames in one message', () => {
  test('[R21] gets every entry once, in order; others get one frame a message', async () => {
    const to = await gateway(undefined, { openJournal: async () => memoryJournal() });
    const { id } = await createSession(to);
    const many = await attachWith(to, id, true);
    const single = await attachWith(to, id);
    const k = many.page.prompt('STREAM 500');
    const idle = ({ page }: typeof many): boolean =>
      page.messages.some(
        ({ m }) => JSON.stringify(m).includes(`"key":"${k}"`) && /"idle"/.test(JSON.stringify(m)),
      );
    await many.until(() => idle(many));
    await single.until(() => idle(single));
    const numbers = many.told.flatMap((each) => each.numbers);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers.length).toBeGreaterThan(500);
    expect(single.page.messages).toEqual(many.page.messages);
    // The negative control.
    expect(Math.max(...single.told.map((each) => each.lines))).toBe(1);
  });

  test('[R21] and in few messages what it missed', async () => {
    const to = await gateway(undefined, { openJournal: async () => memoryJournal() });
    const { id } = await createSession(to);
    const first = await attachWith(to, id);
    first.page.prompt('STREAM 300 ; HANG');
    await first.until(() => first.page.messages.length > 300);
    const head = first.page.messages.length;
    const late = await attachWith(to, id, true);
    await late.until(() => late.page.messages.length >= head);
    expect(late.page.messages.slice(0, head)).toEqual(first.page.messages.slice(0, head));
    expect(late.told.length).toBeLessThan(20);
  });
});
