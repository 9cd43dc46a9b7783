import type { ProtocolName } from '../../../core/endpoint/policy.ts';
import { apertureProtocol } from './aperture.ts';
import type { Protocol } from './port.ts';

/** Adapters beyond the gateway's own wire are fetched when a session or a probe first needs them. */
const LOADERS: Readonly<Partial<Record<ProtocolName, () => Promise<Protocol>>>> = {
  thread: async () => (await import('./thread.ts')).threadProtocol,
  single: async () => (await import('./single.ts')).singleProtocol,
  scoped: async () => (await import('./scoped.ts')).scopedProtocol(),
  acp: async () => (await import('./acp/acp.ts')).acpProtocol,
  bidi: async () => (await import('./bidi/bidi.ts')).bidiProtocol,
  legacy: async () => (await import('./legacy/legacy.ts')).legacyProtocol,
};

/** One page's adapters. */
export class Protocols {
  readonly #loaded = new Map<ProtocolName, Protocol>([['aperture', apertureProtocol]]);

  /** Undefined until it was loaded. */
  get(name: ProtocolName): Protocol | undefined {
    return this.#loaded.get(name);
  }

  /** Rejects when the adapter's file cannot be fetched; may be tried again. */
  async load(name: ProtocolName): Promise<Protocol> {
    const known = this.#loaded.get(name);
    if (known) return known;
    const loader = LOADERS[name];
    if (!loader) throw new Error(`There is no adapter for “${name}”.`);
    const protocol = await loader();
    // Two may have waited for the same file: an adapter may hold sockets, so there is one of it.
    if (!this.#loaded.has(name)) this.#loaded.set(name, protocol);
    return this.#loaded.get(name)!;
  }
}
