import type { Socket, SocketFactory } from './protocols/port.ts';

export const browserSockets: SocketFactory = (url, protocols) =>
  new WebSocket(url, [...protocols]) as unknown as Socket;
