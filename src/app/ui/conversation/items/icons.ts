import { html, svg, type TemplateResult } from 'lit';
import type { ToolKind } from '../../../../core/acp.ts';
import { pencil, search } from '../../icons.ts';
import { file, terminal, trash } from '../../more-icons.ts';

// What only the transcript needs; same grid and stroke as the shell's icons.
const draw = (shape: TemplateResult): TemplateResult =>
  html`<svg
    width="16"
    height="16"
    viewBox="0 0 16 16"
    aria-hidden="true"
    fill="none"
    stroke="currentColor"
    stroke-width="1.5"
    stroke-linecap="round"
    stroke-linejoin="round"
  >
    ${shape}
  </svg>`;

const move = draw(svg`<path d="M2.6 8h10M9.2 4.4L12.8 8l-3.6 3.6" />`);
const globe = draw(
  svg`<circle cx="8" cy="8" r="5.6" /><path d="M2.4 8h11.2M8 2.4c2 1.6 2.7 3.5 2.7 5.6S10 12 8 13.6C6 12 5.3 10.1 5.3 8S6 4 8 2.4" />`,
);
const think = draw(
  svg`<path d="M6.2 11.4c0-1.2-1.9-2-1.9-4.3a3.7 3.7 0 0 1 7.4 0c0 2.3-1.9 3.1-1.9 4.3zM6.8 13.6h2.4" />`,
);
const wrench = draw(
  svg`<path d="M9.7 6.3a3 3 0 0 1 3.7-3.7l-1.9 1.9.2 1.5 1.5.2 1.9-1.9" transform="translate(-1.4 .2)" /><path d="M8.6 7.1l-5.4 5.2" />`,
);
export const list = draw(
  svg`<path d="M6.4 4h7M6.4 8h7M6.4 12h7" /><path d="M2.4 4l.8.8 1.4-1.6M2.4 8l.8.8 1.4-1.6M2.6 12h1.6" />`,
);

const KIND: Partial<Record<ToolKind, TemplateResult>> = {
  read: file,
  edit: pencil,
  delete: trash,
  move,
  search,
  execute: terminal,
  think,
  fetch: globe,
};

export const kindIcon = (kind: ToolKind | undefined): TemplateResult =>
  (kind && KIND[kind]) ?? wrench;

// Status: told by shape and word as well as by colour.
export const statusIcon: Record<ToolLook, TemplateResult> = {
  pending: draw(svg`<circle cx="8" cy="8" r="5" stroke-dasharray="2 2.2" />`),
  in_progress: draw(
    svg`<circle cx="8" cy="8" r="5" /><path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" stroke="none" />`,
  ),
  completed: draw(svg`<path d="M3.6 8.4l3 3 5.8-6.4" />`),
  failed: draw(svg`<path d="M4.4 4.4l7.2 7.2M11.6 4.4l-7.2 7.2" />`),
  stopped: draw(svg`<path d="M4 8h8" />`),
};

/** ACP's status, and `stopped` for a call whose turn ended before it did. */
export type ToolLook = 'pending' | 'in_progress' | 'completed' | 'failed' | 'stopped';

export const statusWord: Record<ToolLook, string> = {
  pending: 'Waiting',
  in_progress: 'Running',
  completed: 'Done',
  failed: 'Failed',
  stopped: 'Stopped',
};
