import { describe, expect, test } from 'vitest';
import { attach, createSession, gateway, http } from './support.ts';

describe('turns', () => {
  test('[R38] [R40] a resent prompt is acknowledged again and runs once', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('SAY once', 'the-key');
    const first = await page.ack(k);
    await page.turnEnd(k);
    // The page lost its connection before the acknowledgement, and sends again from another socket.
    const again = await attach(to, id);
    again.prompt('SAY once', 'the-key');
    const second = await again.ack(k);
    expect(first).toEqual({ t: 'ack', k, n: expect.any(Number) });
    expect(second).toEqual({ ...first, dup: true });
    await again.turn('SAY after');
    expect(again.text).toBe('onceafter');
    // Negative control: another key runs again.
    await again.turnEnd(again.prompt('SAY once', 'another-key'));
    expect(again.text).toBe('onceafteronce');
  });

  test('[R40] while a turn runs a prompt is refused as busy and nothing of it is logged', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('HANG');
    await page.ack(k);
    const error = await page.refused(page.prompt('SAY too early', 'later'));
    expect(error).toMatchObject({ code: 'busy', retryable: true });
    page.cancel();
    await page.turnEnd(k);
    expect(page.updates('user_message_chunk')).toHaveLength(1);
    // A refused key is not used up.
    await page.turnEnd(page.prompt('SAY in time', 'later'));
    expect(page.text).toBe('in time');
  });

  test('an empty prompt is refused', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    page.send({ t: 'prompt', k: 'none', prompt: [] });
    expect(await page.refused('none')).toMatchObject({ code: 'empty_prompt' });
    expect(await page.refused(page.prompt('  \n'))).toMatchObject({ code: 'empty_prompt' });
    expect(page.messages.filter(({ m }) => m.method === 'session/update')).toEqual([]);
  });

  test('the log has the prompt with its key and sender, the states, and every update as it came', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id, { client: 'tab-7f' });
    const k = page.prompt('UNKNOWN ; USAGE ; STOP refusal');
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'refusal' });
    const [user] = page.updates('user_message_chunk');
    expect(user.content).toEqual({ type: 'text', text: 'UNKNOWN ; USAGE ; STOP refusal' });
    expect(user._meta.aperture).toEqual({ key: k, by: 'tab-7f' });
    expect(page.updates('state_update').map(({ state }) => state)).toEqual(['running', 'idle']);
    // Unknown kinds and fields are kept; unknown requests are answered −32601.
    expect(page.updates('scripted_novelty')).toEqual([
      { sessionUpdate: 'scripted_novelty', detail: { answer: 42 } },
    ]);
    expect(page.text).toBe('Unknown request: -32601');
  });

  test('[R47] an error of the agent ends the turn with a reason, and the session goes on', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    expect(await page.turn('FAIL no credit left')).toBe('error');
    expect(page.logged('_aperture/error')).toEqual([
      {
        key: expect.any(String),
        error: {
          code: 'agent_error',
          message: expect.stringContaining('no credit left'),
          retryable: true,
        },
      },
    ]);
    expect(await page.turn('SAY fine')).toBe('end_turn');
  });

  test('[R54] an agent cannot speak for the gateway: turn states and keys are its own', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const forged = { aperture: { key: 'k', by: 'somebody' }, theirs: 1 };
    const idle = { sessionUpdate: 'state_update', state: 'idle', stopReason: 'end_turn' };
    const said = {
      sessionUpdate: 'user_message_chunk',
      content: { type: 'text', text: 'x' },
      _meta: forged,
    };
    await page.turn(`UPDATE ${JSON.stringify(idle)}\nUPDATE ${JSON.stringify(said)}`);
    expect(page.updates('state_update').map(({ state }) => state)).toEqual(['running', 'idle']);
    expect(page.updates('user_message_chunk').at(-1)).toEqual({ ...said, _meta: { theirs: 1 } });
  });

  test('[R41] cancel stops this session’s turn and no other, and is idempotent', async () => {
    const to = await gateway();
    const [a, b] = await Promise.all([createSession(to), createSession(to)]);
    const [pageA, pageB] = await Promise.all([attach(to, a.id), attach(to, b.id)]);
    const turnA = pageA.prompt('STREAM 10000 2');
    const turnB = pageB.prompt('STREAM 100 5');
    await Promise.all([
      pageA.until(() => pageA.text.includes('tok3')),
      pageB.until(() => pageB.text.includes('tok3')),
    ]);
    const cancels = [pageA.cancel(), pageA.cancel(), pageA.cancel()];
    expect(await pageA.turnEnd(turnA)).toMatchObject({ stopReason: 'cancelled' });
    for (const k of cancels) await pageA.ack(k);
    expect(await pageB.turnEnd(turnB)).toMatchObject({ stopReason: 'end_turn' });
    expect(pageB.text).toContain('tok99');

    // With nothing to stop, nothing happens, and the next turn is not hit.
    const head = pageA.numbers.at(-1);
    await pageA.ack(pageA.cancel());
    expect(pageA.numbers.at(-1)).toBe(head);
    expect(await pageA.turn('SAY next')).toBe('end_turn');
  });

  test('[R41] [R42] a cancel that is late, and names its turn, does nothing to a newer one', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const old = page.prompt('SAY quick');
    await page.turnEnd(old);
    const running = page.prompt('HANG');
    page.send({ t: 'cancel', k: 'late', turn: old });
    await page.ack('late');
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json.turn).toBe('running');
    page.send({ t: 'cancel', k: 'right', turn: running });
    expect((await page.turnEnd(running)).stopReason).toBe('cancelled');
  });

  test('[R41] what a cancelled turn says afterwards is dropped', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('LATE 150 ; HANG');
    await page.ack(k);
    await page.until(() => page.updates('state_update').length > 0);
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(page.text).toBe('');
    // Negative control: after a turn that ended by itself, it is kept.
    await page.turn('LATE 30');
    await page.until(() => page.text === 'late');
  });

  test('[R41] [R42] an agent that ignores cancel is given up; the next prompt starts it again', async () => {
    const to = await gateway({ scripted: ['--no-cancel'] }, { timings: { cancelGraceMs: 150 } });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('STREAM 100000 5');
    await page.until(() => page.text.includes('tok2'));
    const pid = to.pool.get(id)!.agentPid!;
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(page.logged('_aperture/error')).toMatchObject([{ error: { code: 'cancel_timeout' } }]);
    const said = page.text;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(page.text).toBe(said);

    expect(await page.turn('SAY again')).toBe('end_turn');
    expect(page.text).toBe(`${said}again`);
    expect(to.pool.get(id)!.agentPid).not.toBe(pid);
    expect(page.logged('_aperture/notice')).toMatchObject([{ level: 'warning' }]);
  });

  test('[R50] [R53] sessions whose agents use the same ids do not mix', async () => {
    const to = await gateway({
      red: ['--ids', 'colliding', '--tag', 'red'],
      blue: ['--ids', 'colliding', '--tag', 'blue'],
    });
    const [red, blue] = await Promise.all([createSession(to, 'red'), createSession(to, 'blue')]);
    const [pageRed, pageBlue] = await Promise.all([attach(to, red.id), attach(to, blue.id)]);
    const script = 'STREAM 50 1 ; TOOL ; PERMIT rm ; STREAM 50 1';
    const [k, l] = [pageRed.prompt(script), pageBlue.prompt(script)];
    const [asked, askedToo] = await Promise.all([pageRed.request(), pageBlue.request()]);
    expect(asked).toBe(askedToo);
    pageRed.answer(asked, 'once');
    await pageRed.turnEnd(k);
    // Blue's request has the same id and is still open.
    const { json } = await http(to, 'GET', `/v1/sessions/${blue.id}`);
    expect(json).toMatchObject({ turn: 'requires_action', pending: [askedToo] });
    pageBlue.answer(askedToo, 'reject');
    await pageBlue.turnEnd(l);
    expect(pageRed.text).toContain('Permission: once');
    expect(pageBlue.text).toContain('Permission: reject');
    expect(pageRed.text).not.toContain('blue');
    expect(pageBlue.text).not.toContain('red');
  });

  test('[R30] the title comes from the first prompt, then the agent, but the user’s own stands', async () => {
    const to = await gateway();
    const { id, title } = await createSession(to);
    expect(title).not.toBe('');
    const page = await attach(to, id);
    const shown = async (): Promise<string> =>
      (await http(to, 'GET', `/v1/sessions/${id}`)).json.title;
    await page.turn('SAY hello there');
    expect(await shown()).toBe('SAY hello there');
    await page.turn('TITLE By the agent');
    expect(await shown()).toBe('By the agent');
    const renamed = await http(to, 'PATCH', `/v1/sessions/${id}`, { body: { title: 'Mine' } });
    expect(renamed.json.title).toBe('Mine');
    await page.turn('TITLE By the agent again');
    expect(await shown()).toBe('Mine');
    // Whoever reads the log alone comes to the same.
    expect(page.logged('_aperture/renamed').at(-1)).toEqual({ title: 'Mine' });
  });
});
