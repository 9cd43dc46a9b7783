import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';
import type { EndpointPolicy } from '../../../core/endpoint/policy.ts';
import { newId } from '../../../core/ids.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { systemClock } from '../clock.ts';
import { socketUrlUnlessGiven, withQuery } from './addresses.ts';
import { OwnClose } from './closing.ts';
import { idOf } from './fields.ts';
import { LocalLog } from './local-log.ts';
import { NOT_OPEN, promptText, TEXT_ONLY } from './plain-prompt.ts';
import type { Endpoint, IgnoredWhy, Link, OpenRequest, ProbeRequest, Protocol } from './port.ts';
import { ask } from './probe-socket.ts';
import { closedInstead } from './probing.ts';
import { Requests } from './requests.ts';
import { readScopedEvent, scopeOf, type Scope, type ScopedEvent } from './scoped-quirks.ts';
import { World, type Chat } from './scoped-world.ts';
import { classifyServerClose } from './server-close.ts';

const PATH = 'ws';
/** Two sessions of this page are the same chat. */
const TAKEN: ErrorInfo = {
  code: 'chat_open_here',
  message: 'Another session of this page is this chat already. Use that one.',
  retryable: false,
};

type Worlds = Map<string, World>;

/**
 * Many chats on one socket. Every event of either side names its world and chat; a request is known by the id of
 * the message that began it. Sessions of one world share a socket, so this is made once per page.
 */
export function scopedProtocol(): Protocol {
  const worlds: Worlds = new Map();
  return {
    name: 'scoped',
    afterDrop: 'retry',
    // Two pages would each keep a log of their own of one conversation.
    shared: false,
    open: (request) => new ScopedLink(request, worlds),
    classifyClose: classifyServerClose,
    probe: probeScoped,
  };
}

function worldUrl(
  { endpoint, policy }: Pick<OpenRequest, 'endpoint' | 'policy'>,
  worldId: string,
): string {
  return withQuery(socketUrlUnlessGiven(endpoint, PATH, policy), { worldId });
}

const greeting = ({ token }: Endpoint, auth: EndpointPolicy['auth']): object[] =>
  (auth === 'first-frame' || auth === 'hello') && token ? [{ type: 'auth', token }] : [];

/** As noted by an earlier link, or as the user gave it. A chat begins with its first message. */
export function scopeFor(remote: JsonObject | undefined): Scope {
  return {
    worldId: idOf(remote?.['worldId']) ?? idOf(remote?.['world']) ?? 'default',
    chatId: idOf(remote?.['chatId']) ?? idOf(remote?.['chat']) ?? newId(),
  };
}

class ScopedLink implements Link, Chat {
  readonly chatId: string;
  readonly lenient: boolean;
  readonly cancel = { send: (key: string) => this.#cancel(key) };
  readonly #request: OpenRequest;
  readonly #scope: Scope;
  readonly #log: LocalLog;
  readonly #requests: Requests;
  #world: World | undefined;
  #attached = false;
  #over = false;

  constructor(request: OpenRequest, worlds: Worlds) {
    const { policy, remote } = request;
    this.#request = request;
    this.#scope = scopeFor(remote);
    this.chatId = this.#scope.chatId;
    this.lenient = policy.scope === 'lenient';
    this.#log = new LocalLog(request);
    this.#requests = new Requests({
      log: this.#log,
      partial: policy.partial,
      clock: request.clock ?? systemClock,
      // A stop is the whole chat's: not while another request runs there (R42).
      abandon: () => {
        if (this.#requests.running.length === 1) this.#send({ type: 'stop' });
      },
    });
    this.#join(worlds);
  }

  prompt: Link['prompt'] = (key, prompt) => {
    const content = promptText(prompt);
    if (content === undefined) return this.#log.refused(key, TEXT_ONLY);
    const sent = this.#send({ type: 'message', messageId: key, role: 'user', content });
    if (sent) this.#requests.started(key, prompt);
    else this.#log.refused(key, NOT_OPEN);
  };

  close(): void {
    this.#over = true;
    this.#log.close();
    this.#requests.dispose();
    this.#leave();
  }

  opened(): void {
    this.#send({ type: 'subscribe' });
  }

  frame(frame: JsonObject): void {
    const event = readScopedEvent(frame);
    if (!event) return this.#unreadable();
    // Whatever is said of the chat proves that the server has it.
    if (!this.#attached && event.kind === 'error') return this.#refused(event.error);
    if (!this.#attached) this.#attach();
    if (event.kind === 'subscribed') return;
    const why = this.#apply(event);
    if (why) this.ignored(why, detailOf(event));
  }

  ignored(why: IgnoredWhy, detail: string): void {
    this.#log.ignored(why, detail.slice(0, 200));
  }

  closed(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#world = undefined;
    if (this.#attached) this.#requests.lost();
    this.#requests.dispose();
    this.#request.sink.closed(code, reason);
  }

  #join(worlds: Worlds): void {
    const { endpoint, policy, sockets } = this.#request;
    const { worldId } = this.#scope;
    const url = worldUrl(this.#request, worldId);
    // Another token is another socket: what one may see the other need not.
    const name = JSON.stringify([url, worldId, policy.auth, endpoint.token]);
    let world = worlds.get(name);
    if (world?.has(this.chatId)) {
      queueMicrotask(() => this.#refused(TAKEN));
      return;
    }
    if (!world) {
      const made: World = new World(sockets, url, worldId, greeting(endpoint, policy.auth), () => {
        if (worlds.get(name) === made) worlds.delete(name);
      });
      world = made;
      worlds.set(name, made);
    }
    this.#world = world;
    world.join(this);
    if (world.open) this.opened();
  }

  #attach(): void {
    this.#attached = true;
    this.#log.attached();
    const { worldId, chatId } = this.#scope;
    const { remote, sink } = this.#request;
    if (remote?.['worldId'] !== worldId || remote?.['chatId'] !== chatId) {
      sink.incoming({ kind: 'remote', remote: { worldId, chatId } });
    }
  }

  #apply(event: ScopedEvent): IgnoredWhy | undefined {
    switch (event.kind) {
      case 'piece':
        return this.#requests.chunk(event.messageId, event.text, event.role);
      case 'tool':
        return this.#requests.tool(event.messageId, event.call);
      case 'answered':
        return this.#requests.answered(event.messageId, event.text);
      case 'activity':
        return this.#activity(event.messageId, event.state);
      case 'error':
        if (event.messageId !== undefined) {
          return this.#requests.fail(event.messageId, event.error);
        }
        this.#request.sink.incoming({ kind: 'error', error: event.error });
        return undefined;
      case 'echo':
        return undefined;
      default:
        return 'unknown_kind';
    }
  }

  #activity(id: string, state: 'running' | 'done' | 'cancelled'): IgnoredWhy | undefined {
    if (state === 'running') return this.#requests.opened(id);
    return state === 'done' ? this.#requests.finish(id) : this.#requests.cancelled(id);
  }

  /** Stops this chat and no other; idempotent, and nothing if nothing runs (R41). */
  #cancel(key: string): void {
    if (this.#requests.cancel(key).length > 0) this.#send({ type: 'stop' });
  }

  /** It costs this chat's connection and nobody else's (R71). */
  #unreadable(): void {
    this.#leave();
    this.closed(1006, 'The server sent something that cannot be read.');
  }

  /** The server takes no subscription to this chat; it said why. */
  #refused(error: ErrorInfo): void {
    if (this.#over) return;
    this.#request.sink.incoming({ kind: 'error', error });
    this.#leave();
    this.closed(error.retryable ? OwnClose.retry : OwnClose.fatal, '');
  }

  #leave(): void {
    this.#send({ type: 'unsubscribe' });
    this.#world?.leave(this);
    this.#world = undefined;
  }

  #send(frame: { type: string } & JsonObject): boolean {
    return this.#world?.send(this.chatId, frame) ?? false;
  }
}

const detailOf = (event: ScopedEvent): string =>
  'messageId' in event
    ? `${event.kind} of message ${event.messageId}`
    : event.kind === 'other'
      ? event.name
      : event.kind;

/** A chat that nobody has is subscribed to: whoever answers in its scope speaks this. Nothing is said in it. */
async function probeScoped(request: ProbeRequest): Promise<ProbeAnswer> {
  const { endpoint, policy } = request;
  const scope: Scope = { worldId: `probe-${newId()}`, chatId: `probe-${newId()}` };
  const no: ProbeAnswer = { verdict: 'no', how: 'It does not answer a subscription.' };
  return ask<ProbeAnswer>(request, {
    url: worldUrl(request, scope.worldId),
    hear: (heard, say) => {
      if (heard.type === 'open') {
        for (const frame of greeting(endpoint, policy.auth)) say(frame);
        say({ type: 'subscribe', ...scope });
      } else if (heard.type === 'close') return closedInstead(heard.code, heard.reason);
      else if (heard.type === 'silence') return no;
      else if (heard.type === 'frame') {
        const { worldId, chatId } = scopeOf(heard.frame);
        if (worldId !== scope.worldId || chatId !== scope.chatId) return undefined;
        say({ type: 'unsubscribe', ...scope });
        return { verdict: 'speaks', how: 'It answers a subscription in its scope.' };
      }
      return undefined;
    },
  });
}
