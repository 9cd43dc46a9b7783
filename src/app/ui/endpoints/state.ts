import type { TemplateResult } from 'lit';
import type { EndpointView } from '../../store/endpoint-types.ts';
import * as icons from '../icons.ts';

/** How an endpoint does: a shape, a colour (a class) and a word; `trouble` says more, where there is more to say. */
export interface EndpointLook {
  readonly kind: 'good' | 'busy' | 'bad' | 'off';
  readonly glyph: TemplateResult;
  readonly word: string;
  readonly trouble: string | undefined;
}

export function endpointLook({ state, locked, tried }: EndpointView): EndpointLook {
  if (locked) return look('off', 'Locked: its token waits for your passphrase');
  switch (state.status) {
    case 'ready':
      // Nothing speaks against it, and nothing for it yet.
      if (!tried) return look('off', 'Not used yet');
      return look('good', 'Ready');
    case 'connecting':
      return look('busy', 'Connecting');
    case 'unreachable':
      return look('bad', 'Cannot be reached', state.error.message);
    case 'unauthorized':
      return look('bad', 'Refuses the token', state.error.message);
    case 'unset':
      return look('off', 'Needs its token', state.error?.message);
  }
}

function look(kind: EndpointLook['kind'], word: string, trouble?: string): EndpointLook {
  const glyph = {
    good: icons.statusConnected,
    busy: icons.statusReconnecting,
    bad: icons.statusError,
    off: icons.statusDisconnected,
  }[kind];
  return { kind, glyph, word, trouble };
}
