import type { EndpointPolicy } from '../../../../core/endpoint/policy.ts';
import type { ErrorInfo } from '../../../../core/errors.ts';
import { isObject, type JsonObject } from '../../../../core/json.ts';
import { socketUrlUnlessGiven } from '../addresses.ts';
import { OwnClose } from '../closing.ts';
import type { Endpoint } from '../port.ts';
import { advertised, versionOf } from './acp-quirks.ts';
import {
  AUTH_REQUIRED,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type RpcFailure,
  type RpcSocket,
} from './rpc-socket.ts';

const PROTOCOL_VERSION = 1;
/** How the gateway's own `/acp` takes its token. */
const TOKEN_METHOD = 'token';

export interface Place {
  readonly endpoint: Endpoint;
  readonly policy: EndpointPolicy;
}

/** What a server said of itself, as far as a page needs it. */
export interface Hello {
  /** Empty if it gave no name. */
  readonly agentTitle: string;
  readonly resume: boolean;
  readonly load: boolean;
  readonly list: boolean;
  /** Its prompt capabilities, as it said them. */
  readonly takes: JsonObject;
  /** It takes a token through `authenticate`. */
  readonly takesToken: boolean;
}

/** Why a session could not be opened: `code` of {@link OwnClose}, and the words for it. */
export interface Trouble {
  readonly code: number;
  readonly error: ErrorInfo;
}

export const acpUrl = ({ endpoint, policy }: Place): string =>
  socketUrlUnlessGiven(endpoint, 'acp', policy);

/** `initialize`, and `authenticate` where a token is wanted and there is one. One of the callbacks comes, once. */
export function greet(
  rpc: RpcSocket,
  place: Place,
  done: (hello: Hello) => void,
  failed: (trouble: Trouble) => void,
): void {
  const initialized = (result: JsonObject): void => {
    const version = versionOf(result);
    if (version !== PROTOCOL_VERSION) return failed(wrongVersion(version));
    const hello = readHello(result);
    const { token } = place.endpoint;
    if (!hello.takesToken || token === '' || place.policy.auth !== 'first-frame') {
      return done(hello);
    }
    const params = { methodId: TOKEN_METHOD, _meta: { 'aperture/token': token } };
    rpc.request(
      'authenticate',
      params,
      () => done(hello),
      (failure) => failed(troubleOf({ ...failure, code: AUTH_REQUIRED })),
    );
  };
  rpc.request(
    'initialize',
    {
      protocolVersion: PROTOCOL_VERSION,
      // A page has no files and no terminal to offer.
      clientCapabilities: {
        fs: { readTextFile: false, writeTextFile: false },
        terminal: false,
        session: { configOptions: { boolean: {} }, notices: {}, compaction: {} },
      },
      clientInfo: { name: 'aperture', title: 'Aperture', version: '1' },
    },
    initialized,
    (failure) => failed(troubleOf(failure)),
  );
}

/** What a refused request of the handshake means for the session. */
export function troubleOf({ code, message }: RpcFailure): Trouble {
  if (code === AUTH_REQUIRED) {
    return fatal('unauthorized', `The server wants a token, or another one: ${message}`);
  }
  if (code === METHOD_NOT_FOUND || code === INVALID_PARAMS) {
    return fatal('refused', `The agent refused the session: ${message}`);
  }
  const error = { code: 'agent_error', message: `The agent failed: ${message}`, retryable: true };
  return { code: OwnClose.retry, error };
}

const fatal = (code: string, message: string): Trouble => ({
  code: OwnClose.fatal,
  error: { code, message, retryable: false },
});

function wrongVersion(version: number | undefined): Trouble {
  return fatal(
    'acp_version',
    version === undefined
      ? 'The server did not answer as an ACP agent does. Check the address.'
      : `The agent speaks ACP version ${version}, this page version ${PROTOCOL_VERSION}. Install a version that fits.`,
  );
}

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});

function readHello(result: JsonObject): Hello {
  const capabilities = object(result['agentCapabilities']);
  const session = object(capabilities['sessionCapabilities']);
  const info = object(result['agentInfo']);
  const methods = Array.isArray(result['authMethods']) ? result['authMethods'] : [];
  const name = info['title'] ?? info['name'];
  return {
    agentTitle: typeof name === 'string' ? name : '',
    resume: advertised(session['resume']),
    load: capabilities['loadSession'] === true,
    list: advertised(session['list']),
    takes: object(capabilities['promptCapabilities']),
    takesToken: methods.some((method) => isObject(method) && method['id'] === TOKEN_METHOD),
  };
}
