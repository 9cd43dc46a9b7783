/** Codex by its own app-server, and how it is told to use a model on this machine only. */
export const CODEX_APP_SERVER = {
  title: 'Codex (app-server)',
  kind: 'codex-app-server' as const,
  package: '@openai/codex',
  version: '0.169.0',
  bin: 'codex',
  args: ['app-server'],
  env: (home: string) => ({ CODEX_HOME: home, OPENAI_API_KEY: 'none' }),
  files: (modelUrl: string) => ({
    'config.toml': [
      // One that it knows: it warns at every turn otherwise.
      'model = "gpt-5.5"',
      'model_provider = "here"',
      'approval_policy = "on-request"',
      'sandbox_mode = "read-only"',
      'check_for_update_on_startup = false',
      '[model_providers.here]',
      'name = "This machine"',
      `base_url = "${modelUrl}"`,
      'env_key = "OPENAI_API_KEY"',
      'wire_api = "responses"',
      'supports_websockets = false',
      'request_max_retries = 0',
      'stream_max_retries = 0',
      '[analytics]',
      'enabled = false',
    ].join('\n'),
  }),
};
