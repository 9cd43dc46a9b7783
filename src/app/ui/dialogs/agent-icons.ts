import { svg, type TemplateResult } from 'lit';
import type { AgentInfo } from '../../../core/wire/rest.ts';
import { icon, path } from '../icons.ts';
import { terminal } from '../more-icons.ts';

/** A bound book. */
const CODEX =
  'M8 4.4C6.6 3.3 4.6 3 2.6 3.2v8.6c2-.2 4 .1 5.4 1.2 1.4-1.1 3.4-1.4 5.4-1.2V3.2C11.4 3 9.4 3.3 8 4.4zM8 4.4V13';

/** Our own drawings of what the names bring to mind; nobody's logo. By the known agent's name. */
const ICONS: ReadonlyMap<string, TemplateResult> = new Map([
  // A folder with a prompt in it.
  [
    'workspace',
    path(
      'M2.4 12V4.4a1 1 0 0 1 1-1h2.8l1.6 1.8h4.8a1 1 0 0 1 1 1V12a1 1 0 0 1-1 1H3.4a1 1 0 0 1-1-1zM5 7.6l1.5 1.5L5 10.6M8.4 10.7h2.4',
    ),
  ],
  // A pen's nib.
  [
    'claude-agent-acp',
    icon(
      svg`<path d="M10.2 2.6l3.2 3.2-3.6 5.4-6.4 1.4 1.4-6.4zM3.6 12.4L7 9" /><circle cx="7.8" cy="8.2" r="1.1" />`,
    ),
  ],
  ['codex-acp', path(CODEX)],
  ['codex-app-server', path(`${CODEX}M10.2 6.4l1.6.3M10.2 8.8l1.6.3`)],
  // Twins.
  ['gemini', icon(svg`<circle cx="6" cy="8" r="3.9" /><circle cx="10" cy="8" r="3.9" />`)],
  // Code, with nothing between the brackets.
  ['opencode', path('M5.4 4.2L2 8l3.4 3.8M10.6 4.2L14 8l-3.4 3.8')],
  // A question in a balloon.
  [
    'qwen',
    path(
      'M3.6 2.8h8.8a1.2 1.2 0 0 1 1.2 1.2v6a1.2 1.2 0 0 1-1.2 1.2H8l-3 2.4v-2.4H3.6A1.2 1.2 0 0 1 2.4 10V4a1.2 1.2 0 0 1 1.2-1.2zM6.6 5.9a1.4 1.4 0 1 1 2 1.3c-.4.2-.6.4-.6.8M8 9.3v.1',
    ),
  ],
  // Neck, beak and back.
  [
    'goose',
    path(
      'M2.4 4.6L4.4 3.9A1.7 1.7 0 0 1 7.6 4.6c0 1.4-1.4 2-1.4 3.8 0 2.7 1.7 4.4 4 4.4 2.2 0 3.5-1.5 3.8-4.6-1.5.9-3.4 1.2-5.2.9M5.9 4.5v.1M10 12.8v1',
    ),
  ],
]);

/** The icon of an agent, or of a known one whose program it is; of any other, a terminal. */
export const agentIcon = ({ name, known }: Pick<AgentInfo, 'name' | 'known'>): TemplateResult =>
  ICONS.get(known ?? name) ?? terminal;
