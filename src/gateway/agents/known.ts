import type { AgentKind } from '../../core/wire/rest.ts';
import type { AccountFacts } from './account.ts';

/** A way to start an agent that its own documentation names: an executable to look for on PATH, and its arguments. */
export interface KnownCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** An agent that many people have; facts only, looked up in each project's documentation. */
export interface KnownAgent {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** How the gateway speaks with it; `acp` unless given. */
  readonly kind?: AgentKind;
  /** In order of preference: the first one found is used. */
  readonly commands: readonly [KnownCommand, ...KnownCommand[]];
  /** What to type to get it. */
  readonly install: string;
  /** What it needs before it works, one line. */
  readonly needs: string;
  readonly homepage: string;
  readonly account: AccountFacts;
  /** The gateway's own variables that it may see; `*` at the end is a wildcard (R70). */
  readonly passEnv: readonly string[];
}

const CODEX: AccountFacts = {
  keys: ['CODEX_API_KEY', 'OPENAI_API_KEY'],
  login: { how: 'codex login', files: ['$CODEX_HOME/auth.json', '~/.codex/auth.json'] },
};

/** The known agents, in the order in which they are offered. */
export const KNOWN_AGENTS: readonly KnownAgent[] = [
  {
    name: 'claude-agent-acp',
    title: 'Claude Code',
    description: "Anthropic's coding agent, through its ACP adapter.",
    commands: [
      { command: 'claude-agent-acp', args: [] },
      // The adapter's name before it was renamed.
      { command: 'claude-code-acp', args: [] },
    ],
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    needs: 'An Anthropic API key, or a login with “claude”.',
    homepage: 'https://github.com/agentclientprotocol/claude-agent-acp',
    account: {
      keys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
      login: {
        how: 'claude',
        files: ['$CLAUDE_CONFIG_DIR/.credentials.json', '~/.claude/.credentials.json'],
      },
      keyWins: true,
    },
    passEnv: ['ANTHROPIC_*', 'CLAUDE_*'],
  },
  {
    name: 'codex-acp',
    title: 'Codex',
    description: "OpenAI's coding agent, through its ACP adapter.",
    commands: [{ command: 'codex-acp', args: [] }],
    install: 'npm install -g @agentclientprotocol/codex-acp',
    needs: 'A login with “codex login”, or an OpenAI API key.',
    homepage: 'https://github.com/agentclientprotocol/codex-acp',
    account: CODEX,
    passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_*'],
  },
  {
    name: 'codex-app-server',
    title: 'Codex (app-server)',
    description: "OpenAI's coding agent, through its own app-server.",
    kind: 'codex-app-server',
    commands: [{ command: 'codex', args: ['app-server'] }],
    install: 'npm install -g @openai/codex',
    needs: 'A login with “codex login”, or an OpenAI API key.',
    homepage: 'https://github.com/openai/codex',
    account: CODEX,
    passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_*'],
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    description: "Google's coding agent.",
    commands: [{ command: 'gemini', args: ['--acp'] }],
    install: 'npm install -g @google/gemini-cli',
    needs: 'A login with “gemini”, or a Gemini API key.',
    homepage: 'https://github.com/google-gemini/gemini-cli',
    account: {
      keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
      login: { how: 'gemini', files: ['~/.gemini/oauth_creds.json'] },
    },
    passEnv: ['GEMINI_*', 'GOOGLE_*'],
  },
  {
    name: 'opencode',
    title: 'opencode',
    description: 'An open-source coding agent for many model providers.',
    commands: [{ command: 'opencode', args: ['acp'] }],
    install: 'npm install -g opencode-ai',
    needs: 'A login with “opencode auth login”, or a provider’s API key.',
    homepage: 'https://opencode.ai',
    account: {
      keys: ['OPENCODE_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY'],
      login: {
        how: 'opencode auth login',
        files: ['$XDG_DATA_HOME/opencode/auth.json', '~/.local/share/opencode/auth.json'],
      },
    },
    passEnv: ['OPENCODE_*', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY'],
  },
  {
    name: 'qwen',
    title: 'Qwen Code',
    description: "Alibaba's coding agent.",
    commands: [{ command: 'qwen', args: ['--acp'] }],
    install: 'npm install -g @qwen-code/qwen-code',
    needs: 'A login with “qwen”, or an API key of a provider that speaks as OpenAI does.',
    homepage: 'https://github.com/QwenLM/qwen-code',
    account: {
      keys: ['OPENAI_API_KEY', 'DASHSCOPE_API_KEY'],
      login: { how: 'qwen', files: ['~/.qwen/oauth_creds.json'] },
    },
    passEnv: ['QWEN_*', 'DASHSCOPE_*', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL'],
  },
  {
    // A database migration tool of the same name exists; only running it would tell them apart.
    name: 'goose',
    title: 'goose',
    description: 'An open-source, extensible agent for many model providers.',
    commands: [{ command: 'goose', args: ['acp'] }],
    install: 'brew install block-goose-cli, or see the project’s releases on GitHub',
    needs: '“goose configure”, with a provider’s API key.',
    homepage: 'https://github.com/block/goose',
    account: {
      // What “goose configure” is told lies in the system's key ring, where nobody can see it from outside.
      keys: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GOOGLE_API_KEY', 'OPENROUTER_API_KEY'],
    },
    passEnv: [
      'GOOSE_*',
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'GOOGLE_API_KEY',
      'OPENROUTER_API_KEY',
    ],
  },
];
