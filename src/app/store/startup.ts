import { isObject } from '../../core/json.ts';
import type { SessionId } from '../../core/ids.ts';
import { parseAddress } from './address.ts';
import type { Connector } from './connector.ts';
import { endpointFrom, hostOf, type EndpointEntry, type SavedEndpoint } from './endpoint-entry.ts';
import type { Endpoints } from './endpoints.ts';
import type { OutboxKeeper } from './outbox-keeper.ts';
import type { PartingNote } from './parting-note.ts';
import type { Storage } from './persistence/storage.ts';
import type { Saver } from './saver.ts';
import type { Sessions } from './sessions.ts';
import { DEFAULT_SETTINGS, type StoreState } from './state.ts';
import type { TabView } from './tab-view.ts';
import type { TabStorage, TabTokens } from './tokens.ts';
import type { SavedSession } from './persistence/schema.ts';
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
  endpoints: Endpoints;
  connector: Connector;
  tokens: TabTokens;
  saver: Saver;
  note: PartingNote;
  tabView: TabView;
  outboxes: OutboxKeeper;
}

/** Cached logs that are read before anybody asks for them: as many as may be live, and some. */
const LOAD_AHEAD = 20;

/** Cached state first, then the servers (R15): resolves when it is known which gateway to ask, and it has answered. */
export async function start(parts: StartupParts, page: PageContext): Promise<void> {
  const { state, storage, sessions, endpoints, connector, tokens, saver } = parts;
  const own = addressOf(page.baseUrl);
  const old = takeOldSettings(page.oldSettings);
  const ofTab = tokens.main();
  // At once: it is gone from the address bar, and a reload may come before anything else does.
  if (page.token && own) tokens.keepMain({ url: own, token: page.token });
  // Asked while the database opens; a page that came with a token knows the answer.
  const ownIsGateway = page.token || ofTab || !own ? undefined : page.isGateway(own);
  const loading = storage.load();
  // What this tab looked at is known before the database says anything.
  const { last: viewed } = parts.tabView;
  const end = viewed === undefined ? undefined : storage.loadEnd(viewed);
  const { sessions: saved, meta } = await loading;
  const settings = settingsFrom(meta.get('settings')) ?? settingsFrom(old.settings);
  if (settings) {
    state.settings.value = settings;
    if (!meta.has('settings')) saver.meta('settings', settings);
  }
  const last = endpointFrom(meta.get('endpoint')) ?? old.endpoint;
  if (last && !meta.has('endpoint')) saver.meta('endpoint', { url: last.url });
  const { rows, noted } = parts.note.addTo(saved);
  addSaved(endpoints, meta.get('endpoints'), rows, last);
  if (last?.keeping === 'plain' && !meta.has('endpoints')) {
    // From now on the token stands in the list, and there only.
    endpoints.save();
    saver.meta('endpoint', { url: last.url });
  }
  const chosen = choose(endpoints, page.token ? { url: own, token: page.token } : ofTab, last);
  const order = meta.get('order');
  sessions.restore(rows, Array.isArray(order) ? (order as SessionId[]) : []);
  for (const entry of state.entries) if (noted.includes(entry.id)) saver.soon(entry);
  for (const endpoint of endpoints.all) connector.explain(endpoint);
  // Not waited for: what was queued joins its session when it is there.
  void parts.outboxes.takeUp();
  const id = viewed ?? meta.get('activeSessionId');
  await showActive(parts, id, end);
  for (const entry of state.entries.slice(0, LOAD_AHEAD)) void sessions.load(entry);

  const others = endpoints.all.filter((endpoint) => endpoint.token !== undefined);
  const asked = others.map(async (endpoint) => {
    if (endpoint.control) return endpoint.control.use(endpoint.token!);
    // Its adapter says what it can do; what fails is shown with the session that needs it.
    void endpoints.adapter(endpoint).catch(() => {});
    await connector.connectAll(endpoint.id);
  });
  // Only now: a gateway that is being asked already is not one that is missed.
  state.started.value = true;
  if (chosen) await asked[others.indexOf(chosen)];
  // Ask; the address is proposed, never used unasked (R69).
  else endpoints.propose((await ownIsGateway) ? own : (last?.url ?? ''));
}

/** The list as it was kept, and what was known of gateways before there was one. */
function addSaved(
  endpoints: Endpoints,
  saved: unknown,
  rows: readonly SavedSession[],
  last: SavedEndpoint | undefined,
): void {
  for (const each of Array.isArray(saved) ? saved : []) {
    const endpoint = endpointFrom(each);
    if (endpoint) endpoints.add(endpoint);
  }
  if (last?.token) endpoints.add(last);
  for (const { endpoint } of rows) {
    if (endpoint && /^https?:/.test(endpoint)) endpoints.add(gatewayAt(endpoint));
  }
}

/** The gateway that the page begins with: the one that it came from, this tab's last one, or the one that is kept. */
function choose(
  endpoints: Endpoints,
  here: { url: string; token: string } | undefined,
  last: SavedEndpoint | undefined,
): EndpointEntry | undefined {
  if (here?.url) {
    const entry = endpoints.add(gatewayAt(here.url));
    entry.token = here.token;
    endpoints.chooseForTab(entry);
    return entry;
  }
  const gateways = endpoints.all.filter(({ control, token }) => control && token !== undefined);
  const chosen = gateways.find(({ id }) => id === last?.url) ?? gateways[0];
  if (chosen) endpoints.chooseForTab(chosen);
  return chosen;
}

const gatewayAt = (url: string): SavedEndpoint => ({
  url,
  protocol: 'aperture',
  name: hostOf(url),
  policy: {},
  keeping: 'tab',
});

/** Empty for a page that no server served. */
function addressOf(baseUrl: string): string {
  try {
    return parseAddress(baseUrl).url;
  } catch {
    return '';
  }
}

/** @param end of the log of `saved`, if it is being read already. */
async function showActive(
  { state, sessions, storage }: StartupParts,
  saved: unknown,
  end: ReturnType<Storage['loadEnd']> | undefined,
): Promise<void> {
  const id = typeof saved === 'string' && state.entry(saved) ? saved : state.order[0];
  const entry = id === undefined ? undefined : state.entry(id);
  const known = id === saved ? end : undefined;
  if (entry) sessions.showEnd(entry, await (known ?? storage.loadEnd(entry.id)));
  // Not if the end is not to be had apart: then all of it comes in one frame.
  const shown = entry?.transcript.end;
  if (entry) sessions.view(entry.id);
  if (shown) state.started.value = true;
  if (entry) await sessions.load(entry);
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
      ? {
          ...gatewayAt(parseAddress(unquote(address)).url),
          ...(token && { token: unquote(token) }),
        }
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
