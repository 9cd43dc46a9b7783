const PROTOCOL_VERSION = 1;

/** The name of the one way to authenticate, and where its token stands. */
export const TOKEN_METHOD = 'token';
export const TOKEN_FIELD = 'aperture/token';

/** The answer to `initialize`. @param ours what only this gateway's own clients know of. */
export const helloAnswer = (version: string, ours: object): object => ({
  protocolVersion: PROTOCOL_VERSION,
  agentInfo: { name: 'aperture', title: 'Aperture', version },
  agentCapabilities: {
    loadSession: true,
    // What a block is to a session is its agent's affair; this says that the gateway passes it on.
    promptCapabilities: { image: true, audio: true, embeddedContext: true },
    // These two likewise: what the agent cannot take is left out, and the log says so.
    mcpCapabilities: { http: true, sse: true },
    sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {}, additionalDirectories: {} },
    _meta: { aperture: ours },
  },
  authMethods: [
    {
      id: TOKEN_METHOD,
      name: 'Gateway token',
      description: `The token that the gateway printed, as _meta["${TOKEN_FIELD}"] of this request, or as Authorization: Bearer of the connection.`,
    },
  ],
});
