import { networkInterfaces } from 'node:os';
import { ApertureError } from '../../core/errors.ts';

export interface AdmissionOptions {
  /** What `--host` said, and the port that was given. */
  readonly host: string;
  readonly port: number;
  /** `--allow-host`: names, with or without a port. */
  readonly allowHosts: readonly string[];
  /** `--allow-origin`: origins, as {@link normalOrigin} returns them. */
  readonly allowOrigins: readonly string[];
}

export type Verdict = { ok: true } | { ok: false; error: ApertureError };

/**
 * Who may talk to the gateway at all: exact lists of Host and Origin, looked at before anything else
 * (R67). The Host list keeps DNS rebinding out, the Origin list other sites.
 */
export class Admission {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(options: AdmissionOptions) {
    const { port } = options;
    const own = ['127.0.0.1', 'localhost', '[::1]'];
    if (isWildcard(options.host)) {
      // A rebinding attack needs a name; this machine's own numbers are safe.
      for (const addresses of Object.values(networkInterfaces())) {
        for (const { address } of addresses ?? []) own.push(bracketed(address));
      }
    } else own.push(bracketed(options.host));
    const hosts = new Set<string>();
    const origins = new Set(options.allowOrigins);
    const admit = (host: string, schemes: readonly string[]): void => {
      hosts.add(host);
      for (const scheme of schemes) origins.add(`${scheme}://${host}`);
    };
    for (const name of own) {
      admit(`${name}:${port}`.toLowerCase(), ['http']);
      // Browsers leave the port out when it is the scheme's own.
      if (port === 80) admit(name.toLowerCase(), ['http']);
    }
    for (const given of options.allowHosts) {
      // Behind a proxy the page may well be served over TLS, and from another port.
      const name = given.toLowerCase();
      admit(name, ['http', 'https']);
      if (!/:\d+$/.test(name)) admit(`${name}:${port}`, ['http', 'https']);
    }
    this.#hosts = hosts;
    this.#origins = origins;
  }

  /** @param origin absent: not a browser; it still needs the token. */
  check(host: string | undefined, origin: string | undefined): Verdict {
    if (host === undefined || !this.#hosts.has(host.toLowerCase())) {
      return refuse(
        'forbidden_host',
        `The gateway does not answer to the host name “${shown(host)}”. If it is yours, start the gateway with --allow-host ${shown(host)}`,
      );
    }
    if (origin !== undefined && !this.#origins.has(origin.toLowerCase())) {
      return refuse(
        'forbidden_origin',
        `The gateway does not admit pages from “${shown(origin)}”. If it is yours, start the gateway with --allow-origin ${shown(origin)}`,
      );
    }
    return { ok: true };
  }
}

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** A host as it stands in a URL. */
export const bracketed = (host: string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;

/**
 * @returns the origin as browsers send it; undefined for what is none (with a path, `*`, or `null`, which
 *   every sandboxed frame of every site has).
 */
export function normalOrigin(given: string): string | undefined {
  if (!/^https?:\/\/[^/?#@]+\/?$/i.test(given) || given.includes('*')) return undefined;
  try {
    return new URL(given).origin.toLowerCase();
  } catch {
    return undefined;
  }
}

/** It goes into a message and, as advice, near a shell: only what a host or an origin is made of. */
const shown = (value: string | undefined): string =>
  (value ?? '').replace(/[^\w.:/[\]-]/g, '?').slice(0, 128);

const refuse = (code: string, message: string): Verdict => ({
  ok: false,
  error: new ApertureError(code, message),
});
