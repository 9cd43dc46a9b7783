/** Gives a finished block its colours when it is in sight. Their code comes with the first block; without them it reads as well. */
export function highlightLater(code: HTMLElement): void {
  import('./highlighter.ts').then(
    ({ highlighter }) => highlighter.watch(code),
    () => {},
  );
}
