import { expect, test } from './fixtures.ts';

/** Makes the first generation's database and settings, as a page of that time left them. */
function makeOldDatabase(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('aperture-db', 1);
    request.addEventListener('upgradeneeded', () => {
      const db = request.result;
      db.createObjectStore('sessions', { keyPath: 'id' });
      db.createObjectStore('messages', { keyPath: 'id' }).createIndex('sessionId_timestamp', [
        'sessionId',
        'timestamp',
      ]);
      db.createObjectStore('metadata', { keyPath: 'key' });
    });
    request.addEventListener('error', () => reject(request.error));
    request.addEventListener('success', () => {
      const db = request.result;
      const write = db.transaction(['sessions', 'messages', 'metadata'], 'readwrite');
      for (const id of ['old-1', 'old-2'])
        write.objectStore('sessions').put({
          id,
          name: `Session ${id}`,
          title: `Session ${id}`,
          createdAt: 1_700_000_000_000,
          updatedAt: 1_700_000_100_000,
        });
      for (let index = 0; index < 20; index++)
        write.objectStore('messages').put({
          id: `message-${index}`,
          sessionId: index % 2 ? 'old-1' : 'old-2',
          role: index % 4 < 2 ? 'user' : 'assistant',
          content: `old words ${index}`,
          timestamp: 1_700_000_000_000 + index * 1000,
        });
      write.objectStore('metadata').put({ key: 'lastSessionId', value: 'old-2' });
      localStorage.setItem('aperture:apiToken', 'a-secret-of-old');
      localStorage.setItem('aperture:settings', JSON.stringify({ theme: 'dark' }));
      write.addEventListener('complete', () => (db.close(), resolve()));
      write.addEventListener('error', () => reject(write.error));
    });
  });
}

test('[R23] the first generation’s database opens with every row kept, and its token is erased', async ({
  app,
  gateway,
  page,
}) => {
  // A file of the same origin that starts no script of the app's.
  await page.goto(`${gateway.origin}/healthz`);
  await page.evaluate(makeOldDatabase);
  await app.open();

  await expect(app.rows).toHaveCount(2);
  await app.viewing('old-2');
  for (const id of ['old-1', 'old-2']) {
    await app.view(id);
    for (let index = 0; index < 20; index++) {
      const mine = (index % 2 ? 'old-1' : 'old-2') === id;
      const words = app.transcript.getByText(`old words ${index}`, { exact: true });
      await expect(words).toHaveCount(mine ? 1 : 0);
    }
  }
  expect(await page.evaluate(() => localStorage.getItem('aperture:apiToken'))).toBeNull();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await page.reload();
  await app.viewing('old-2');
  await app.hasText('old words 18');
  await expect(app.row('old-1')).not.toHaveAttribute('data-unread');
});
