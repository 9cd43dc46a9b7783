import type { AgentKind } from '../../core/wire/rest.ts';

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
  /** The gateway's own variables that it may see; `*` at the end is a wildcard (R70). */
  readonly passEnv: readonly string[];
}

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
    passEnv: ['ANTHROPIC_*', 'CLAUDE_*'],
  },
  {
    name: 'codex-acp',
    title: 'Codex',
    description: "OpenAI's coding agent, through its ACP adapter.",
    commands: [{ command: 'codex-acp', args: [] }],
    install: 'npm install -g @agentclientprotocol/codex-acp',
    passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_*'],
  },
  {
    name: 'codex-app-server',
    title: 'Codex (app-server)',
    description: "OpenAI's coding agent, through its own app-server.",
    kind: 'codex-app-server',
    commands: [{ command: 'codex', args: ['app-server'] }],
    install: 'npm install -g @openai/codex',
    passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_*'],
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    description: "Google's coding agent.",
    commands: [{ command: 'gemini', args: ['--acp'] }],
    install: 'npm install -g @google/gemini-cli',
    passEnv: ['GEMINI_*', 'GOOGLE_*'],
  },
  {
    name: 'opencode',
    title: 'opencode',
    description: 'An open-source coding agent for many model providers.',
    commands: [{ command: 'opencode', args: ['acp'] }],
    install: 'npm install -g opencode-ai',
    passEnv: ['OPENCODE_*', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY'],
  },
  {
    name: 'qwen',
    title: 'Qwen Code',
    description: "Alibaba's coding agent.",
    commands: [{ command: 'qwen', args: ['--acp'] }],
    install: 'npm install -g @qwen-code/qwen-code',
    passEnv: ['QWEN_*', 'DASHSCOPE_*', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL'],
  },
  {
    // A database migration tool of the same name exists; only running it would tell them apart.
    name: 'goose',
    title: 'goose',
    description: 'An open-source, extensible agent for many model providers.',
    commands: [{ command: 'goose', args: ['acp'] }],
    install: 'brew install block-goose-cli, or see the project’s releases on GitHub',
    passEnv: [
      'GOOSE_*',
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'GOOGLE_API_KEY',
      'OPENROUTER_API_KEY',
    ],
  },
];
