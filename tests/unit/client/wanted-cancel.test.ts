import { beforeEach, describe, expect, it } from 'vitest';
import type { Link } from '../../../src/app/client/protocols/port.ts';
import type { CancelState } from '../../../src/app/client/ports.ts';
import { WantedCancel } from '../../../src/app/client/wanted-cancel.ts';

let sent: { key: string; turn: string | undefined }[];
let states: CancelState[];
let cancel: WantedCancel;
const link: Link = {
  prompt: () => {},
  close: () => {},
  cancel: { send: (key, turn) => void sent.push({ key, turn }) },
};

beforeEach(() => {
  sent = [];
  states = [];
  cancel = new WantedCancel((state) => states.push(state));
});

describe('a wanted cancel', () => {
  it('[R41] goes at once, and is over when it is acknowledged', () => {
    cancel.want('p1', link);
    expect(sent).toEqual([{ key: expect.any(String), turn: 'p1' }]);
    expect(cancel.settled('other')).toBe(false);
    expect(cancel.settled(sent[0]!.key)).toBe(true);
    expect(states).toEqual(['sent', 'none']);
    cancel.ready(true, 'p1', link);
    expect(sent).toHaveLength(1);
  });

  it('[R41][R43] lost with its socket: sent again on the next, by the same key, if that turn still runs', () => {
    cancel.want('p1', link);
    cancel.lost();
    cancel.ready(true, 'p1', link);
    expect([sent.length, sent[1]]).toEqual([2, sent[0]]);
    expect(states).toEqual(['sent', 'waiting', 'sent']);
  });

  it('[R41] without a connection it waits for one', () => {
    cancel.want('p1', undefined);
    expect([states, sent]).toEqual([['waiting'], []]);
    cancel.ready(true, 'p1', link);
    expect([states, sent.length]).toEqual([['waiting', 'sent'], 1]);
  });

  it.each([
    ['no turn runs any more', false, undefined],
    ['another turn runs', true, 'p2'],
  ])('[R41] %s: nothing happens', (_, running, turn) => {
    cancel.want('p1', undefined);
    cancel.ready(running, turn, link);
    expect([sent, cancel.state]).toEqual([[], 'none']);
  });

  it('[R41] the log shows the end of a turn: of that one or of whichever was meant, it is over', () => {
    cancel.want('p1', undefined);
    cancel.ended('p0');
    expect(cancel.state).toBe('waiting');
    cancel.ended('p1');
    expect(cancel.state).toBe('none');
    cancel.want(undefined, undefined);
    cancel.ended('p1');
    cancel.ready(true, 'p2', link);
    expect(sent).toEqual([]);
  });

  it('[R41] wanted twice it is one; a server that cannot stop is not asked to', () => {
    cancel.want('p1', link);
    cancel.want('p1', link);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    cancel.lost();
    cancel.ready(true, 'p1', { ...link, cancel: undefined } as unknown as Link);
    expect(cancel.state).toBe('none');
  });
});
