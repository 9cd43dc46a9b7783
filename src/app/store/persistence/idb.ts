import type { ApertureSchema, StoreName } from './schema.ts';

// What the page needs of IndexedDB, as promises. Every call throws or rejects with the browser's own error.

type Key<N extends StoreName> = ApertureSchema[N]['key'];
type Value<N extends StoreName> = ApertureSchema[N]['value'];

export interface Store<N extends StoreName> {
  get(key: Key<N>): Promise<Value<N> | undefined>;
  getAll(range?: IDBKeyRange): Promise<Value<N>[]>;
  getAllKeys(range?: IDBKeyRange): Promise<Key<N>[]>;
  getKey(key: Key<N>): Promise<Key<N> | undefined>;
  put(value: Value<N>): Promise<unknown>;
  delete(key: Key<N> | IDBKeyRange): Promise<undefined>;
}

export interface Transaction<N extends StoreName = StoreName> {
  objectStore<M extends N>(name: M): Store<M>;
  /** Of a transaction over one store: that store. */
  readonly store: Store<N>;
  /** Resolves when it is written, rejects when it was given up. */
  readonly done: Promise<void>;
}

export interface Database {
  transaction<N extends StoreName>(
    names: N | readonly N[],
    mode?: 'readonly' | 'readwrite',
    options?: IDBTransactionOptions,
  ): Transaction<N>;
  close(): void;
}

export interface DatabaseHandlers {
  /** Only the transaction's own requests may be awaited in here. */
  upgrade(database: IDBDatabase, oldVersion: number, transaction: Transaction): void;
  /** Another tab holds an older version. */
  blocked(): void;
  /** Another tab wants a newer one. */
  blocking(): void;
  /** The browser ended the connection. */
  terminated(): void;
}

export async function openDb(
  name: string,
  version: number,
  handlers: DatabaseHandlers,
): Promise<Database> {
  const request = indexedDB.open(name, version);
  request.addEventListener('upgradeneeded', ({ oldVersion }) =>
    handlers.upgrade(request.result, oldVersion, transactionOf(request.transaction!)),
  );
  request.addEventListener('blocked', () => handlers.blocked());
  const database = await answer(request);
  database.addEventListener('versionchange', () => handlers.blocking());
  database.addEventListener('close', () => handlers.terminated());
  return {
    transaction: (names, mode, options) =>
      transactionOf(database.transaction(names as string | string[], mode, options)),
    close: () => database.close(),
  };
}

function transactionOf<N extends StoreName>(transaction: IDBTransaction): Transaction<N> {
  const objectStore = <M extends N>(name: M): Store<M> => storeOf(transaction.objectStore(name));
  return {
    objectStore,
    get store() {
      return objectStore(transaction.objectStoreNames[0] as N);
    },
    done: new Promise((resolve, reject) => {
      const fail = (): void =>
        reject(transaction.error ?? new DOMException('AbortError', 'AbortError'));
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('error', fail);
      transaction.addEventListener('abort', fail);
    }),
  };
}

const storeOf = <N extends StoreName>(store: IDBObjectStore): Store<N> => ({
  get: (key) => answer(store.get(key)),
  getAll: (range) => answer(store.getAll(range)),
  getAllKeys: (range) => answer(store.getAllKeys(range)) as Promise<Key<N>[]>,
  getKey: (key) => answer(store.getKey(key)) as Promise<Key<N> | undefined>,
  put: (value) => answer(store.put(value)),
  delete: (key) => answer(store.delete(key)),
});

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error as DOMException));
  });
