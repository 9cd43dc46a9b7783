import type { Command } from '../command.ts';
import { ask } from './ask.ts';
import { diff } from './diff.ts';
import { makeHelp } from './help.ts';
import { ls } from './ls.ts';
import { plan } from './plan.ts';
import { read } from './read.ts';
import { run } from './run.ts';
import { search } from './search.ts';
import { stream } from './stream.ts';
import { think } from './think.ts';
import { write } from './write.ts';

/** In the order in which they are offered. */
export const COMMANDS: readonly Command[] = [
  makeHelp(() => COMMANDS),
  ls,
  read,
  search,
  diff,
  write,
  run,
  plan,
  stream,
  ask,
  think,
];
