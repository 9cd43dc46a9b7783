// Tries a pattern apart from the page, which can end it. An entry of its own, started by patterns.ts, so unlike other
// modules it works at import.

export interface PatternOrder {
  readonly pattern: string;
  readonly value: string;
}

interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<PatternOrder>) => void): void;
  postMessage(fits: boolean): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.addEventListener('message', ({ data: { pattern, value } }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the page is its only listener
  scope.postMessage(new RegExp(pattern, 'u').test(value));
});
