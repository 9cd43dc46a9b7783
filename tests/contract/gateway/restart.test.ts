import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { describe, expect, test } from 'vitest';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import { attach, createSession, gateway, http, scratch } from './support.ts';

/** Gateways that follow one another on the same data directory. */
async function generations(
  flags: Record<string, string[]> = { scripted: [] },
): Promise<() => Promise<Gateway>> {
  const location = path.join(await scratch(), 'log');
  let last: Gateway | undefined;
  return async () => {
    await last?.close();
    last = await gateway(flags, { openJournal: () => openLevelJournal({ location }) });
    return last;
  };
}

describe('restart', () => {
  test('[R21] sessions are listed again, and a page goes on from the number that it has', async () => {
    const next = await generations();
    const first = await next();
    const { id } = await createSession(first, 'scripted', { title: 'Kept' });
    const other = await createSession(first);
    // A page that does not let go of an ended session does not bring it back.
    const holding = await attach(first, other.id);
    holding.socket.pause();
    await http(first, 'DELETE', `/v1/sessions/${other.id}`);
    const before = await attach(first, id);
    await before.turn('STREAM 50 0');
    const seen = before.numbers.at(-1)!;

    const second = await next();
    const { json } = await http(second, 'GET', '/v1/sessions');
    expect(json.sessions).toMatchObject([
      { id, title: 'Kept', agentState: 'exited', turn: 'idle', epoch: before.attached!.epoch },
    ]);
    const after = await attach(second, id, { epoch: before.attached!.epoch, since: seen });
    expect(after.attached).toMatchObject({ mode: 'resume', low: 1 });
    expect(await after.turn('SAY still here')).toBe('end_turn');
    expect(after.numbers[0]).toBe(seen + 1);
    const whole = await attach(second, id);
    await whole.until(() => whole.numbers.at(-1) === after.numbers.at(-1));
    // Finished turns may have been compacted: fewer entries, the same numbers, the same text.
    let at = 0;
    for (const { from, n } of whole.messages) {
      expect(from ?? n).toBe(at + 1);
      at = n;
    }
    expect(whole.text).toBe(`${before.text}still here`);
  });

  test('[R58] a turn that was cut is told as cut, its open requests are settled, and the session goes on', async () => {
    const next = await generations();
    const first = await next();
    const { id } = await createSession(first);
    const before = await attach(first, id);
    const k = before.prompt('SAY begun ; PERMIT');
    const request = await before.request();

    const second = await next();
    const { json } = await http(second, 'GET', `/v1/sessions/${id}`);
    expect(json).toMatchObject({ turn: 'idle', pending: [] });
    const after = await attach(second, id);
    expect(await after.turnEnd(k)).toMatchObject({ stopReason: 'interrupted' });
    expect(after.logged('_aperture/request_resolved')).toMatchObject([
      { id: request, outcome: 'cancelled', reason: 'gateway_restarted' },
    ]);
    expect(after.logged('_aperture/error')).toMatchObject([
      { key: k, error: { code: 'turn_interrupted', retryable: true } },
    ]);
    expect(await after.refused(after.answer(request, 'once'))).toMatchObject({
      code: 'already_resolved',
    });
    after.prompt('PERMIT');
    expect(await after.request([request])).not.toBe(request);
  });

  test('[R38] a prompt that an earlier gateway accepted does not run again', async () => {
    const next = await generations();
    const first = await next();
    const { id } = await createSession(first);
    const before = await attach(first, id);
    const k = before.prompt('SAY once', 'the-key');
    const { n } = (await before.ack(k)) as { n: number };
    await before.turnEnd(k);

    const second = await next();
    const after = await attach(second, id);
    after.prompt('SAY once', 'the-key');
    expect(await after.ack('the-key')).toEqual({ t: 'ack', k: 'the-key', n, dup: true });
    // Negative control: a new key runs.
    await after.turnEnd(after.prompt('SAY twice', 'new-key'));
    expect(after.text).toBe('oncetwice');
  });

  test('an agent that can load goes on with its own session; one that cannot is said to have forgotten', async () => {
    const store = path.join(await scratch(), 'history');
    const next = await generations({ scripted: [], loads: ['--load', '--store', store] });
    const first = await next();
    const forgets = await createSession(first, 'scripted');
    const loads = await createSession(first, 'loads');
    for (const { id } of [forgets, loads]) await (await attach(first, id)).turn('SAY first');

    const second = await next();
    for (const { id } of [forgets, loads]) {
      const page = await attach(second, id);
      await page.turn('SAY second');
      expect(page.text).toBe('firstsecond');
      expect(page.logged('_aperture/notice')).toHaveLength(id === forgets.id ? 1 : 0);
    }
  });

  test('an agent that is not there any more fails with what to do, and its history stays', async () => {
    const location = path.join(await scratch(), 'log');
    const openJournal = () => openLevelJournal({ location });
    const first = await gateway({ scripted: [], leaves: [] }, { openJournal });
    const { id } = await createSession(first, 'leaves');
    await (await attach(first, id)).turn('SAY first');
    await first.close();

    const second = await gateway({ scripted: [] }, { openJournal });
    const page = await attach(second, id);
    expect(await page.turn('SAY second')).toBe('error');
    expect(page.text).toBe('first');
    const { json } = await http(second, 'GET', `/v1/sessions/${id}`);
    expect(json).toMatchObject({ agentState: 'failed', error: { code: 'unknown_agent' } });
  });

  test('[R58] a request that was asked outside of any turn is settled too', async () => {
    const next = await generations();
    const first = await next();
    const { id } = await createSession(first);
    const before = await attach(first, id);
    await before.turn('ASK_LATER 100');
    const request = await before.request();

    const second = await next();
    const after = await attach(second, id);
    await after.until(() => after.logged('_aperture/request_resolved')[0]);
    expect(after.logged('_aperture/request_resolved')).toMatchObject([
      { id: request, outcome: 'cancelled', reason: 'gateway_restarted' },
    ]);
    expect(after.logged('_aperture/error')).toEqual([]);
    // Once, however often it is started again.
    const third = await next();
    const again = await attach(third, id);
    await again.turn('SAY on');
    expect(again.logged('_aperture/request_resolved')).toHaveLength(1);
  });

  test('[R16] a session whose record is damaged costs no other session, and not the start', async () => {
    const location = path.join(await scratch(), 'log');
    const openJournal = () => openLevelJournal({ location });
    const first = await gateway(undefined, { openJournal });
    const { id } = await createSession(first);
    const other = await createSession(first);
    await first.close();
    const db = new ClassicLevel(location);
    await db.put(`m!${id}`, '{"title":');
    await db.close();
    const second = await gateway(undefined, { openJournal });
    const { json } = await http(second, 'GET', '/v1/sessions');
    expect(json.sessions).toMatchObject([{ id: other.id }]);
  });

  test('[R70] a session that lies outside of the roots of this start runs no agent', async () => {
    const location = path.join(await scratch(), 'log');
    const openJournal = () => openLevelJournal({ location });
    const [one, two] = [await scratch(), await scratch()];
    const first = await gateway(undefined, { openJournal, roots: [one] });
    const { id } = await createSession(first, 'scripted', { cwd: one });
    expect(await (await attach(first, id)).turn('SAY first')).toBe('end_turn');
    await first.close();

    const second = await gateway(undefined, { openJournal, roots: [two] });
    const page = await attach(second, id);
    expect(await page.turn('SAY second')).toBe('error');
    expect(page.text).toBe('first');
    const { json } = await http(second, 'GET', `/v1/sessions/${id}`);
    expect(json).toMatchObject({ agentState: 'failed', error: { code: 'outside_roots' } });
  });

  test('a log that cannot be opened frees the port and says what to do', async () => {
    const location = path.join(await scratch(), 'log');
    const openJournal = () => openLevelJournal({ location });
    const first = await gateway(undefined, { openJournal });
    await expect(gateway(undefined, { openJournal })).rejects.toMatchObject({
      code: 'journal_locked',
    });
    await expect(gateway(undefined, { port: first.port, openJournal })).rejects.toMatchObject({
      code: 'port_in_use',
    });
  });
});
