/** `unknown`: this browser has no such permission, and lets every page reach what is near. */
export type LocalNetwork = 'granted' | 'prompt' | 'denied' | 'unknown';

// Chromium first had one permission for both, and then one for the device and one for the network.
const NAMES = ['local-network-access', 'local-network', 'loopback-network'];

/** Whether the browser lets this page reach the device and the network that it runs on. Never rejects. */
export async function localNetwork(
  permissions: Pick<Permissions, 'query'> | undefined = globalThis.navigator?.permissions,
): Promise<LocalNetwork> {
  const states = await Promise.all(
    NAMES.map(async (name) => {
      try {
        // The compiler's list of names is older than these.
        return (await permissions?.query({ name: name as PermissionName }))?.state;
      } catch {
        return undefined;
      }
    }),
  );
  return (
    (['denied', 'prompt', 'granted'] as const).find((state) => states.includes(state)) ?? 'unknown'
  );
}
