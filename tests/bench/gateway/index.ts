import type { Scenario } from '../lib/scenario.ts';
import { abort } from './abort.ts';
import { attach } from './attach.ts';
import { memory } from './memory.ts';
import { throughput } from './throughput.ts';

/** What the gateway costs: its built file as a process, real agents, real sockets. Needs `dist-gateway`. */
export const benches: readonly Scenario[] = [throughput, attach, abort, memory];
