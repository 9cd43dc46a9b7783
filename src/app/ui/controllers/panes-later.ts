import type { PaneController, PanesHost } from './panes.ts';

/**
 * What makes switching cheap comes with the first sign of somebody; without it one can switch all the same.
 *
 * @returns asks for it; `undefined` where it is not to be had
 */
export function panesLater(host: PanesHost): () => Promise<PaneController | undefined> {
  let panes: Promise<PaneController | undefined> | undefined;
  const come = (): Promise<PaneController | undefined> =>
    (panes ??= import('./panes.ts').then(
      ({ PaneController: Panes }) => new Panes(host),
      () => undefined,
    ));
  for (const sign of ['pointermove', 'pointerdown', 'focusin'])
    host.addEventListener(sign, () => void come(), { once: true });
  return come;
}
