import type { Session } from '../session/session.ts';

/** Resolves when this turn does not run any more: every turn ends, a cancelled one within `cancelGraceMs`. */
export function turnOver(session: Session, key: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (session.facts.turn?.key === key && !session.isEnded) return;
      stopObserving();
      resolve();
    };
    const stopObserving = session.observers.add({ summaryChanged: look, ended: look });
    look();
  });
}
