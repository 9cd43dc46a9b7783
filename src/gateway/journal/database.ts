import { mkdir } from 'node:fs/promises';
import { uptime } from 'node:os';
import { ClassicLevel } from 'classic-level';
import { ApertureError } from '../../core/errors.ts';

export type Database = ClassicLevel<string, Buffer>;

/** Two readings of the machine's start differ by the clock's corrections, hardly by more than this (ms). */
const SAME_BOOT_MS = 60_000;

/**
 * Opens the store, repairing it once if it is damaged.
 *
 * @returns `epochsHold`: whether everything that was ever committed must still be there. A killed
 *   process loses nothing that the operating system had taken; a machine that lost power may.
 * @throws ApertureError `journal_locked`, `journal_unusable`
 */
export async function openDatabase(
  location: string,
): Promise<{ db: Database; epochsHold: boolean }> {
  await mkdir(location, { recursive: true, mode: 0o700 });
  const { db, repaired } = await openOrRepair(location);
  const bootedAt = Date.now() - uptime() * 1_000;
  const [clean, lastBoot] = await Promise.all([db.get('clean'), db.get('boot')]);
  const sameBoot =
    lastBoot !== undefined && Math.abs(Number(lastBoot.toString()) - bootedAt) < SAME_BOOT_MS;
  await db.batch(
    [
      { type: 'del', key: 'clean' },
      { type: 'put', key: 'boot', value: Buffer.from(String(bootedAt)) },
    ],
    { sync: true },
  );
  return { db, epochsHold: !repaired && (clean !== undefined || sameBoot) };
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
