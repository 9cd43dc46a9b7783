import { describe, expect, test } from 'vitest';
import { attach, createSession, gateway, http } from './support.ts';

describe('permission requests', () => {
  test('[R57] two pages answer at once: one wins, the other is told, the agent hears one', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const [a, b] = await Promise.all([attach(to, id), attach(to, id)]);
    const k = a.prompt('PERMIT');
    const request = await a.request();
    expect(await b.request()).toBe(request);
    const keys = [a.answer(request, 'once'), b.answer(request, 'reject')];
    await a.turnEnd(k);
    const outcome = (page: typeof a, key: string) =>
      page.until(() => page.frames.find((frame) => 'k' in frame && frame.k === key));
    const outcomes = await Promise.all([outcome(a, keys[0]!), outcome(b, keys[1]!)]);
    expect(outcomes.map(({ t }) => t).toSorted()).toEqual(['ack', 'refused']);
    const winner = outcomes[0]!.t === 'ack' ? a : b;
    const loser = outcomes.find(({ t }) => t === 'refused');
    expect(loser).toMatchObject({ error: { code: 'already_resolved' } });
    await b.until(() => b.messages.length === a.messages.length);
    for (const page of [a, b]) {
      expect(page.logged('_aperture/request_resolved')).toEqual([
        {
          id: request,
          by: winner.client,
          outcome: 'selected',
          optionId: winner === a ? 'once' : 'reject',
        },
      ]);
      expect(page.text).toBe(`Permission: ${winner === a ? 'once' : 'reject'}`);
    }
  });

  test('[R57] a resent answer is acknowledged again; unknown options and requests are refused', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('PERMIT');
    const request = await page.request();
    expect(await page.refused(page.answer(request, 'nonsense'))).toMatchObject({
      code: 'unknown_option',
    });
    expect(await page.refused(page.answer('r99', 'once'))).toMatchObject({
      code: 'unknown_request',
    });
    const answer = {
      t: 'answer',
      k: 'same-key',
      id: request,
      result: { outcome: { outcome: 'selected', optionId: 'always' } },
    };
    page.send(answer);
    await page.turnEnd(k);
    const again = await attach(to, id);
    again.send(answer);
    expect(await again.ack('same-key')).toMatchObject({ dup: true });
    expect(page.text).toBe('Permission: always');
  });

  test('[R58] the turn says that it waits, and goes on when nothing waits any more', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('PERMIT one ; PERMIT two');
    const one = await page.request();
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json).toMatchObject({
      turn: 'requires_action',
      pending: [one],
    });
    page.answer(one, 'once');
    const two = await page.request([one]);
    expect(two).not.toBe(one);
    page.answer(two, undefined);
    await page.turnEnd(k);
    expect(page.updates('state_update').map(({ state }) => state)).toEqual([
      'running',
      'requires_action',
      'running',
      'requires_action',
      'running',
      'idle',
    ]);
    expect(page.text).toBe('Permission: oncePermission: cancelled');
    // The agent's payload is there as it came, with its tool call and options.
    expect(page.logged('session/request_permission')[0]).toMatchObject({
      toolCall: { title: 'one', kind: 'execute' },
      options: [{ optionId: 'once' }, { optionId: 'always' }, { optionId: 'reject' }],
    });
  });

  test('[R57] a page that attaches later is told what waits', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    page.prompt('PERMIT');
    const request = await page.request();
    page.socket.terminate();
    await page.closing();
    const later = await attach(to, id);
    expect(later.attached!.pending).toEqual([request]);
    later.answer(await later.request(), 'once');
    await later.until(() => later.text === 'Permission: once');
  });

  test('[R30] an agent that asks without end gets no more than 100 requests before its user', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    await page.turn(Array.from({ length: 120 }, () => 'ASK_LATER 300').join('\n'));
    await page.until(() => page.text.split('Permission: cancelled').length === 21);
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json.pending).toHaveLength(100);
    // Negative control: when one is settled, there is room for another.
    const [first] = (await http(to, 'GET', `/v1/sessions/${id}`)).json.pending;
    await page.ack(page.answer(first, 'once'));
    const known = page.messages.flatMap(({ m }) => m.id ?? []);
    page.prompt('PERMIT');
    await page.request(known);
  });

  test('[R58] cancel, crash and end settle what waits, with the reason', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const cancelled = page.prompt('PERMIT');
    const first = await page.request();
    page.cancel();
    expect(await page.turnEnd(cancelled)).toMatchObject({ stopReason: 'cancelled' });
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { id: first, by: page.client, outcome: 'cancelled', reason: 'cancelled' },
    ]);
    expect(await page.refused(page.answer(first, 'once'))).toMatchObject({
      code: 'already_resolved',
    });

    const crashed = page.prompt('PERMIT');
    const second = await page.request([first]);
    process.kill(to.pool.get(id)!.agentPid!, 'SIGKILL');
    expect(await page.turnEnd(crashed)).toMatchObject({ stopReason: 'error' });
    expect(page.logged('_aperture/request_resolved').at(-1)).toMatchObject({
      id: second,
      outcome: 'cancelled',
      reason: 'agent_exited',
    });

    page.prompt('PERMIT');
    const third = await page.request([first, second]);
    await http(to, 'DELETE', `/v1/sessions/${id}`);
    expect((await page.closing()).code).toBe(4410);
    expect(page.logged('_aperture/request_resolved').at(-1)).toMatchObject({
      id: third,
      outcome: 'cancelled',
      reason: 'ended',
    });
    expect(page.messages.at(-1)!.m.method).toBe('_aperture/ended');
  });
});
