/** What the page wants of the socket `id` in its worker. The first order of an id opens it. */
export type SocketOrder =
  | { readonly id: number; readonly url: string; readonly protocols: readonly string[] }
  | { readonly id: number; readonly data: string }
  | { readonly id: number; readonly close: readonly [code?: number, reason?: string] };

/** What became of the socket `id`: open, a message, or its end, after which nothing comes. */
export type SocketNews =
  | readonly [id: number, kind: 'open']
  | readonly [id: number, kind: 'message', data: unknown]
  | readonly [id: number, kind: 'close', code: number, reason: string];

/** The page confirms every so many pieces of news that it has read: at each one would cost more than reading it. */
export const CONFIRM_EVERY = 8;
