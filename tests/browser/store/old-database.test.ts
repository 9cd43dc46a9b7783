import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { batch, summary, TestDatabase } from './kit.ts';

let database: TestDatabase;
beforeEach(() => (database = new TestDatabase()));
afterEach(() => database.remove());

const SESSIONS = [
  {
    id: 's1',
    title: 'Fix the build',
    agent: 'claude',
    cwd: '/srv/a',
    createdAt: 1_600_000_000_000,
  },
  {
    id: 's2',
    name: 'Refactor',
    agentName: 'codex',
    createdAt: '2021-05-01T10:00:00Z',
    odd: { x: 1 },
  },
];
const MESSAGES = [
  { id: 'm2', sessionId: 's1', timestamp: 20, role: 'assistant', content: 'Done.' },
  { id: 'm1', sessionId: 's1', timestamp: 10, role: 'user', content: 'Please fix it' },
  {
    id: 'm3',
    sessionId: 's1',
    timestamp: 30,
    role: 'assistant',
    content: [
      { type: 'text', text: 'And' },
      { type: 'text', text: 'more' },
    ],
  },
  { id: 'm4', sessionId: 's1', role: 'system', content: 'A notice without a time' },
  { id: 'm5', sessionId: 's1', timestamp: 40, payload: { unknown: true } },
  { id: 'm6', sessionId: 's2', timestamp: 15, sender: 'human', text: 'In the other' },
];
const METADATA = [
  { key: 'lastSessionId', value: 's2' },
  { key: 'something', value: { else: true } },
];

/** As a store hands them out. */
const BY_ID = MESSAGES.toSorted((a, b) => a.id.localeCompare(b.id));

/** The first dashboard's database, as it made it. */
async function makeVersion1(metadata: object[] = METADATA): Promise<void> {
  const db = await openDB(database.name, 1, {
    upgrade(upgrading) {
      upgrading.createObjectStore('sessions', { keyPath: 'id' });
      upgrading
        .createObjectStore('messages', { keyPath: 'id' })
        .createIndex('sessionId_timestamp', ['sessionId', 'timestamp']);
      upgrading.createObjectStore('metadata', { keyPath: 'key' });
    },
  });
  for (const row of SESSIONS) await db.add('sessions', row);
  for (const row of MESSAGES) await db.add('messages', row);
  for (const row of metadata) await db.add('metadata', row);
  db.close();
}

describe('the database of version 1', () => {
  it('[R23] opens and upgrades with every row kept as it was', async () => {
    await makeVersion1();
    const storage = database.storage();
    await storage.load();
    await storage.saveMeta([{ key: 'settings', value: {} }]);
    storage.close();
    const rows = await database.raw(async (db) => ({
      version: db.version,
      sessions: await db.getAll('sessions'),
      messages: await db.getAll('messages'),
      metadata: await db.getAll('metadata'),
    }));
    expect(rows.version).toBeGreaterThan(1);
    expect(rows.sessions).toEqual(SESSIONS);
    expect(rows.messages).toEqual(BY_ID);
    expect(rows.metadata).toEqual(expect.arrayContaining(METADATA));
    expect(database.troubles).toEqual([]);
  });

  it.each([
    [[{ key: 'lastSessionId', value: 's2' }], 's2'],
    [[{ key: 'lastSessionId', sessionId: 's1' }], 's1'],
    [
      [
        { key: 'currentSession', value: { id: 's1' } },
        { key: 'lastSessionId', value: 's2' },
      ],
      's1',
    ],
    [[], undefined],
  ])('[R23] %j: what was viewed is %s', async (metadata, expected) => {
    await makeVersion1(metadata);
    const { meta } = await database.storage().load();
    expect(meta.get('activeSessionId')).toBe(expected);
  });

  it('[R23] its sessions are listed, local ones, with what can be known of them', async () => {
    await makeVersion1();
    const { sessions } = await database.storage().load();
    expect(sessions.map(({ id, endpoint, summary }) => [id, endpoint, summary.title])).toEqual([
      ['s1', undefined, 'Fix the build'],
      ['s2', undefined, 'Refactor'],
    ]);
    expect(sessions[1]!.summary).toMatchObject({ agent: 'codex', createdAt: 1_619_863_200_000 });
  });

  it('[R23] its messages are a conversation, in order of time, and none is missing', async () => {
    await makeVersion1();
    const log = await database.storage().loadLog('s1');
    const transcript = emptyTranscript();
    for (const event of log!.events) applyEvent(transcript, event, noChange());
    expect(transcript.items).toMatchObject([
      { kind: 'notice', text: 'A notice without a time' },
      { kind: 'message', role: 'user', text: 'Please fix it', at: 10 },
      { kind: 'message', role: 'assistant', text: 'Done.' },
      { kind: 'message', role: 'assistant', text: 'And\nmore' },
      { kind: 'raw', payload: expect.objectContaining({ payload: { unknown: true } }) },
    ]);
    expect((await database.storage().loadLog('s2'))!.events).toHaveLength(1);
  });

  it('[R23] a session that the gateway knows goes on from the gateway’s log, and its rows stay', async () => {
    await makeVersion1();
    const storage = database.storage();
    await storage.resetLog('s1', 'e1');
    await storage.append([batch('s1', 1, 2)], 'relaxed');
    expect(await storage.loadLog('s1')).toMatchObject({ epoch: 'e1', last: 2 });
    expect(await database.raw((db) => db.getAll('messages'))).toEqual(BY_ID);
  });

  it('[R29] forgetting one removes its rows and no other’s', async () => {
    await makeVersion1();
    const storage = database.storage();
    await storage.remove('s1');
    expect((await storage.load()).sessions.map(({ id }) => id)).toEqual(['s2']);
    expect(await database.raw((db) => db.getAllKeys('messages'))).toEqual(['m6']);
  });

  it('[R23] the upgrade may be cut off: nothing is lost, and the next one succeeds', async () => {
    await makeVersion1();
    const request = indexedDB.open(database.name, 2);
    await new Promise((resolve) => {
      request.addEventListener('upgradeneeded', () => {
        request.result.createObjectStore('chunks');
        request.transaction!.abort();
      });
      request.addEventListener('error', resolve);
    });
    const { sessions } = await database.storage().load();
    expect(sessions).toHaveLength(2);
  });
});

const queued = (key: string) => ({
  key,
  prompt: [{ type: 'text', text: key }],
  createdAt: 1,
  delivery: { state: 'queued' },
});
const session = (id: string, more: object) => ({
  id,
  endpoint: 'http://gateway.test',
  summary: summary(id),
  readN: 3,
  unread: 2,
  preview: 'the end',
  draft: 'half a',
  gone: false,
  ...more,
});

describe('a database of version 2', () => {
  const ROWS = [
    session('a', { outbox: [queued('a1'), queued('a2')] }),
    session('b', { outbox: [] }),
    session('c', {}),
  ];

  async function makeVersion2(): Promise<void> {
    await makeVersion1();
    const db = await openDB(database.name, 2, {
      upgrade(upgrading) {
        upgrading.createObjectStore('chunks', { keyPath: ['sessionId', 'firstSeq'] });
        upgrading.createObjectStore('progress', { keyPath: 'id' });
        upgrading.createObjectStore('session-state', { keyPath: 'id' });
      },
    });
    for (const row of ROWS) await db.put('session-state', row);
    const { events } = batch('a', 1, 3);
    await db.put('chunks', { sessionId: 'a', firstSeq: 1, lastSeq: 3, events });
    await db.put('progress', { id: 'a', epoch: 'e1', lastPersisted: 3, compactedTo: 0 });
    db.close();
  }

  it('[R23][R40] queued messages get rows of their own, in order, which nobody owns yet; every other row stays', async () => {
    await makeVersion2();
    const storage = database.storage();
    const { sessions } = await storage.load();
    expect(sessions.filter(({ endpoint }) => endpoint)).toEqual([
      session('a', {}),
      session('b', {}),
      session('c', {}),
    ]);
    expect((await storage.queued()).map((row) => [row.sessionId, row.entry, row.owner])).toEqual([
      ['a', queued('a1'), ''],
      ['a', queued('a2'), ''],
    ]);
    expect(await storage.loadLog('a')).toMatchObject({ epoch: 'e1', last: 3 });
    expect(await database.raw((db) => db.getAll('messages'))).toEqual(BY_ID);
    expect(await database.raw((db) => db.getAll('metadata'))).toEqual(METADATA);
  });

  it('[R23] the upgrade may be cut off: no queued message is lost, and the next one succeeds', async () => {
    await makeVersion2();
    const request = indexedDB.open(database.name, 3);
    await new Promise((resolve) => {
      request.addEventListener('upgradeneeded', () => {
        request.result.createObjectStore('outbox');
        request.transaction!.objectStore('session-state').clear();
        request.transaction!.abort();
      });
      request.addEventListener('error', resolve);
    });
    expect(await database.storage().queued()).toHaveLength(2);
  });

  it('[R32] a tab with version 2 that does not let go: goes on without, and says which tab to close', async () => {
    await makeVersion2();
    const old = await openDB(database.name, 2);
    const storage = database.storage();
    expect((await storage.load()).sessions).toEqual([]);
    expect(database.troubles).toEqual([expect.stringMatching(/another tab/i)]);
    old.close();
  });

  it('[R23] from nothing and from version 1 there are the same stores', async () => {
    await database.storage().load();
    const names = await database.raw(async (db) => [...db.objectStoreNames]);
    const other = new TestDatabase();
    try {
      const old = await openDB(other.name, 1, {
        upgrade: (db) => void db.createObjectStore('sessions', { keyPath: 'id' }),
      });
      await old.put('sessions', SESSIONS[0]);
      old.close();
      await other.storage().load();
      expect(await other.raw(async (db) => [...db.objectStoreNames])).toEqual(names);
      expect(await other.raw((db) => db.getAll('sessions'))).toEqual([SESSIONS[0]]);
    } finally {
      await other.remove();
    }
  });
});
