/** Something that runs as a process of the gateway's, with a group of its own. */
export interface Child {
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Processes that are alive, so that a gateway that ends in a hurry takes them along. */
const living = new Set<Child>();

export const born = (child: Child): unknown => living.add(child);
export const gone = (child: Child): unknown => living.delete(child);

/** Kills every agent and every terminal at once, without waiting: for the gateway's own exit. */
export function killAllChildren(): void {
  for (const child of living) child.kill('SIGKILL');
}

/** To the whole group where there are groups. @param pid undefined for what never started. */
export function killGroup(
  child: { pid?: number; kill(signal: NodeJS.Signals): boolean },
  signal: NodeJS.Signals,
): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
