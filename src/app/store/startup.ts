import { isObject } from '../../core/json.ts';
import type { SessionId } from '../../core/ids.ts';
import { parseAddress } from './address.ts';
import type { EndpointControl } from './endpoint.ts';
import type { OutboxKeeper } from './outbox-keeper.ts';
import type { PartingNote } from './parting-note.ts';
import type { Storage } from './persistence/storage.ts';
import type { Saver } from './saver.ts';
import type { Sessions } from './sessions.ts';
import { DEFAULT_SETTINGS, type StoreState } from './state.ts';
import type { SavedEndpoint, TabStorage, TokenKeeper } from './tokens.ts';
import type { Settings } from './types.ts';

/** What the page was opened with. */
export interface PageContext {
  /** Where the page itself is served from, without file name. */
  readonly baseUrl: string;
  /** From the address bar, taken out of it already. */
  readonly token: string | undefined;
  /** Version 1 kept its settings there (R23). */
  readonly oldSettings: TabStorage | undefined;
  /** Whether a gateway answers at an address. */
  readonly isGateway: (url: string) => Promise<boolean>;
}

export interface StartupParts {
  state: StoreState;
  storage: Storage;
  sessions: Sessions;
  endpoint: EndpointControl;
  tokens: TokenKeeper;
  saver: Saver;
  note: PartingNote;
  outboxes: OutboxKeeper;
}

/** Cached logs that are read before anybody asks for them: as many as may be live, and some. */
const LOAD_AHEAD = 20;

/** Cached state first, then the gateway (R15): resolves when it is known which gateway to ask. */
export async function start(parts: StartupParts, page: PageContext): Promise<void> {
  const { state, storage, sessions, endpoint, saver } = parts;
  const own = addressOf(page.baseUrl);
  const old = takeOldSettings(page.oldSettings);
  const ofTab = parts.tokens.ofTab();
  // At once: it is gone from the address bar, and a reload may come before anything else does.
  if (page.token && own) parts.tokens.keepForTab({ url: own, token: page.token });
  // Asked while the database opens; a page that came with a token knows the answer.
  const ownIsGateway = page.token || ofTab || !own ? undefined : page.isGateway(own);
  const { sessions: saved, meta } = await storage.load();
  const settings = settingsFrom(meta.get('settings')) ?? settingsFrom(old.settings);
  if (settings) {
    state.settings.value = settings;
    if (!meta.has('settings')) saver.meta('settings', settings);
  }
  const savedEndpoint = endpointFrom(meta.get('endpoint')) ?? old.endpoint;
  if (savedEndpoint && !meta.has('endpoint')) saver.meta('endpoint', { url: savedEndpoint.url });
  const chosen = page.token
    ? { url: own, token: page.token }
    : (ofTab ?? (savedEndpoint?.token ? savedEndpoint : undefined));
  const order = meta.get('order');
  const { rows, noted } = parts.note.addTo(saved);
  sessions.restore(rows, Array.isArray(order) ? (order as SessionId[]) : [], chosen?.url);
  for (const entry of state.entries) if (noted.includes(entry.id)) saver.soon(entry);
  // Not waited for: what was queued joins its session when it is there.
  void parts.outboxes.takeUp();
  await showActive(parts, meta.get('activeSessionId'));
  state.started.value = true;
  for (const entry of state.entries.slice(0, LOAD_AHEAD)) void sessions.load(entry);

  if (chosen?.token) {
    parts.tokens.keepForTab({ url: chosen.url, token: chosen.token });
    await endpoint.use({ url: chosen.url, token: chosen.token });
  } else {
    // Ask; the address is proposed, never used unasked (R69).
    endpoint.unset((await ownIsGateway) ? own : (savedEndpoint?.url ?? ''));
  }
}

/** Empty for a page that no server served. */
function addressOf(baseUrl: string): string {
  try {
    return parseAddress(baseUrl).url;
  } catch {
    return '';
  }
}

async function showActive({ state, sessions }: StartupParts, saved: unknown): Promise<void> {
  const id = typeof saved === 'string' && state.entry(saved) ? saved : state.order[0];
  if (id === undefined) return;
  sessions.view(id);
  await sessions.load(state.entry(id)!);
}

interface OldSettings {
  endpoint?: SavedEndpoint;
  settings?: unknown;
}

/** `aperture:serverUrl` and `aperture:settings` are taken over; `aperture:apiToken` is used once and erased (R23). */
function takeOldSettings(old: TabStorage | undefined): OldSettings {
  if (!old) return {};
  try {
    const token = old.getItem('aperture:apiToken') || undefined;
    if (token) old.removeItem('aperture:apiToken');
    const address = old.getItem('aperture:serverUrl');
    const settings = parse(old.getItem('aperture:settings'));
    const endpoint = address
      ? { url: parseAddress(unquote(address)).url, ...(token && { token: unquote(token) }) }
      : undefined;
    return { settings, ...(endpoint && { endpoint }) };
  } catch {
    return {};
  }
}

/** It may have been written as JSON. */
function unquote(text: string): string {
  const value = parse(text);
  return typeof value === 'string' ? value : text;
}

function parse(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function settingsFrom(value: unknown): Settings | undefined {
  if (!isObject(value)) return undefined;
  const { theme, whileBusy, keys } = value;
  const bindings = isObject(keys) ? Object.entries(keys) : [];
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : DEFAULT_SETTINGS.theme,
    whileBusy: whileBusy === 'interrupt' ? 'interrupt' : DEFAULT_SETTINGS.whileBusy,
    keys: Object.fromEntries(
      bindings.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  };
}

function endpointFrom(value: unknown): SavedEndpoint | undefined {
  if (!isObject(value) || typeof value['url'] !== 'string') return undefined;
  const { url, token } = value;
  return { url: url as string, ...(typeof token === 'string' && token !== '' && { token }) };
}
