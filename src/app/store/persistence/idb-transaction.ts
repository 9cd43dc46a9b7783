/** Of several requests the first that fails is reported; the others must not count as unheard. */
export function heard<T>(request: Promise<T>): Promise<T> {
  request.catch(() => {});
  return request;
}

/** Whoever waits for it learns how it ended; a request that fails before that must not leave it unheard. */
export function quiet<T extends { done: Promise<void> }>(transaction: T): T {
  transaction.done.catch(() => {});
  return transaction;
}
