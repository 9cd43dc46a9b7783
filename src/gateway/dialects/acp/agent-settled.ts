import type { Session } from '../../session/session.ts';

/** Resolves when the agent is ready, will not be, or waits for its user; or when nobody waits any more. */
export function agentSettled(session: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { agentState, pending } = session.summary();
      const starting = agentState === 'starting' && pending.length === 0;
      if (starting && !session.isEnded && !signal.aborted) return;
      stopObserving();
      signal.removeEventListener('abort', look);
      resolve();
    };
    const stopObserving = session.observers.add({ summaryChanged: look, ended: look });
    signal.addEventListener('abort', look);
    look();
  });
}
