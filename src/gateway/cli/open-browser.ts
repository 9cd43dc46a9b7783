import { spawn } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether somebody sits there who would see a browser open. */
export function mayOpen(env: Environment, isTty: boolean, platform: NodeJS.Platform): boolean {
  if (!isTty || env['CI']) return false;
  if (platform === 'linux') return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
  // Over ssh it would open on the wrong screen.
  return !env['SSH_CONNECTION'];
}

/** Best effort: the ready line has the link anyway. An argument vector, never a shell. */
export function openBrowser(url: string, platform: NodeJS.Platform): void {
  const [command, ...args]: [string, ...string[]] =
    platform === 'darwin'
      ? ['open', url]
      : platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url];
  try {
    const child = spawn(command, args, { stdio: 'ignore', detached: true, shell: false });
    child.on('error', () => {});
    child.unref();
  } catch {
    // No browser, or no way to ask for one.
  }
}
