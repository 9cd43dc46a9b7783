// Looks at code apart from the page, however long that takes. An entry of its own, started by highlighter.ts, so unlike
// other modules it works at import.
import type { Highlighted, HighlightOrder } from './kinds.ts';
import { runsOf } from './runs.ts';

interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<HighlightOrder>) => void): void;
  postMessage(message: Highlighted, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.addEventListener('message', ({ data: { id, language, text } }) => {
  let runs = new Uint32Array();
  try {
    runs = runsOf(language, text);
  } catch {
    // Code has no colours then, and the next block is none the worse.
  }
  scope.postMessage({ id, runs }, [runs.buffer]);
});
