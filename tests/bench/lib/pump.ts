/** Calls `send` for what is due: `perSecond` times a second, `count` times in all; late ones are made up for. */
export async function pump(
  perSecond: number,
  count: number,
  send: (index: number) => void,
): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * perSecond) + 1);
    while (sent < due) send(sent++);
    if (sent < count) await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** @throws Error when it does not come true in time. */
export async function waitFor(what: string, check: () => boolean, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!check()) {
    if (performance.now() > end) throw new Error(`bench: ${what} did not come true in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
