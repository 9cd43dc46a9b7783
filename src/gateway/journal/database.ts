import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { uptime } from 'node:os';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { ApertureError } from '../../core/errors.ts';

export type Database = ClassicLevel<string, Buffer>;

/** Two readings of the machine's start differ by the clock's corrections, hardly by more than this (ms). */
const SAME_BOOT_MS = 60_000;

/**
 * Opens the store, repairing it once if it is damaged.
 *
 * @returns `epochsHold`: whether everything that was ever committed must still be there. A killed
 *   process loses nothing that the operating system had taken; a machine that lost power may, and so may
 *   one whose disk refused what pages had seen.
 * @throws ApertureError `journal_locked`, `journal_unusable`
 */
export async function openDatabase(
  location: string,
): Promise<{ db: Database; epochsHold: boolean }> {
  await mkdir(location, { recursive: true, mode: 0o700 });
  const { db, repaired } = await openOrRepair(location);
  const boot = thisBoot();
  const [clean, lastBoot] = await Promise.all([db.get('clean'), db.get('boot')]);
  const sameBoot = lastBoot !== undefined && isSameBoot(lastBoot.toString(), boot);
  const fresh = lastBoot === undefined;
  const whole = fresh || existsSync(markOf(location));
  const epochsHold = !repaired && whole && (fresh || clean !== undefined || sameBoot);
  // Before the boot is written: a start that is cut short must not make the next one trust old epochs.
  markEpochs(location, epochsHold);
  await db.batch(
    [
      { type: 'del', key: 'clean' },
      { type: 'put', key: 'boot', value: Buffer.from(boot) },
    ],
    { sync: true },
  );
  return { db, epochsHold };
}

/**
 * The kernel's own name for this run of the machine, which no step of the clock changes; where there is none, the
 * time at which it began, in ms since 1970.
 */
function thisBoot(): string {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    if (/^[\da-f-]{36}$/.test(id)) return id;
  } catch {
    // Not Linux, or no /proc.
  }
  return String(bootTime());
}

const bootTime = (): number => Date.now() - uptime() * 1_000;

/** @param last as {@link thisBoot} said it when the store was opened before, perhaps by an older gateway. */
function isSameBoot(last: string, boot: string): boolean {
  if (last === boot) return true;
  // An id is no number, and NaN is not less.
  return Math.abs(Number(last) - bootTime()) < SAME_BOOT_MS;
}

/** LevelDB passes over files whose names are not its own. */
const markOf = (location: string): string => path.join(location, 'epochs-hold');

/**
 * Notes beside the store whether its numbers can be trusted by the next start. Being there means that they
 * can, because a file can still be removed when a full disk takes nothing more.
 */
export function markEpochs(location: string, hold: boolean): void {
  try {
    if (hold) writeFileSync(markOf(location), '', { mode: 0o600 });
    else rmSync(markOf(location), { force: true });
  } catch {
    // Then the disk refuses everything; the store's own trouble has been told.
  }
}

/** Everything is written: the next start may trust the epochs whatever happened to the machine. */
export async function closeDatabase(db: Database): Promise<void> {
  await db.put('clean', Buffer.from('1'), { sync: true });
  await db.close();
}

async function openOrRepair(location: string): Promise<{ db: Database; repaired: boolean }> {
  try {
    return { db: await open(location), repaired: false };
  } catch (error) {
    const code = causeCode(error);
    if (code === 'LEVEL_LOCKED') {
      throw new ApertureError(
        'journal_locked',
        `Another gateway is using ${location}. Stop it, or start this one with another --data-dir.`,
        { cause: error },
      );
    }
    try {
      await ClassicLevel.repair(location);
      return { db: await open(location), repaired: true };
    } catch (cause) {
      throw new ApertureError(
        'journal_unusable',
        `The session log in ${location} cannot be opened (${messageOf(cause)}). Check that the disk is writable and not full, or start with another --data-dir.`,
        { cause },
      );
    }
  }
}

async function open(location: string): Promise<Database> {
  const db: Database = new ClassicLevel(location, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  await db.open();
  return db;
}

function causeCode(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

const messageOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
};
