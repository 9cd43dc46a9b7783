import { css } from 'lit';

/** Tool calls, plans, approvals; they come with their code. */
export const cardStyles = css`
  .tool {
    overflow: hidden;
    font-size: var(--ap-size-s);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  /* Calls that follow each other read as one list. */
  .tool:has(+ .tool) {
    border-bottom-left-radius: 0;
    border-bottom-right-radius: 0;
  }
  .tool + .tool {
    margin-top: -1px;
    border-top-left-radius: 0;
    border-top-right-radius: 0;
  }
  .tool-head {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    width: 100%;
    min-height: 34px;
    padding: 4px 8px 4px 10px;
    font-size: var(--ap-size-s);
    text-align: left;
    color: inherit;
    background: none;
    border: 0;
    cursor: pointer;
    outline-offset: -2px;
  }
  .tool-head:hover {
    background: var(--ap-bg-hover);
  }
  .tool-kind {
    flex: none;
    display: grid;
    color: var(--ap-text-faint);
  }
  .tool-title {
    min-width: 4ch;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .tool-path {
    flex: 0 2 auto;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--ap-text-faint);
  }
  .tool-counts {
    flex: none;
    display: flex;
    gap: 5px;
    font-size: var(--ap-size-xs);
    font-weight: 600;
  }
  .added {
    color: var(--ap-green);
  }
  .removed {
    color: var(--ap-red);
  }
  .tool-status {
    flex: none;
    display: flex;
    align-items: center;
    gap: 5px;
    margin-left: auto;
    padding-left: var(--ap-space-2);
    font-size: var(--ap-size-xs);
    color: var(--ap-text-faint);
  }
  .tool-status.completed svg {
    color: var(--ap-green);
  }
  .tool-status.in_progress {
    color: var(--ap-blue);
  }
  .tool-status.in_progress svg {
    animation: turn 1.6s linear infinite var(--ap-play, running);
  }
  .tool-status.failed {
    color: var(--ap-red);
    font-weight: 600;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  .tool-chevron {
    flex: none;
    color: var(--ap-text-faint);
    transition: transform var(--ap-fast);
  }
  .tool-head[aria-expanded='false'] .tool-chevron {
    transform: rotate(-90deg);
  }
  .tool-body {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--ap-space-2);
    padding: 2px 10px 10px;
  }
  .tool-body pre,
  .approval pre {
    margin: 0;
    padding: 8px 10px;
    max-height: 20rem;
    overflow: auto;
    overscroll-behavior-block: auto;
    font: 0.78125rem/1.5 var(--ap-mono);
    white-space: pre-wrap;
    tab-size: 4;
    background: var(--ap-code-bg);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-s);
    outline-offset: -2px;
  }
  .terminal {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 4px;
  }
  .terminal-command {
    font: 0.78125rem/1.5 var(--ap-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 6em;
    overflow: auto;
  }
  .terminal[data-state='failed'] .terminal-status {
    color: var(--ap-red);
  }
  .command::before,
  .terminal-command::before {
    content: '$ ';
    color: var(--ap-text-faint);
    user-select: none;
  }
  .output-cut,
  .terminal-status {
    font-size: var(--ap-size-xs);
    color: var(--ap-text-faint);
  }
  .places {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    font: var(--ap-size-xs) / 1.6 var(--ap-mono);
    color: var(--ap-text-muted);
  }
  .raws {
    display: flex;
    flex-wrap: wrap;
    gap: var(--ap-space-1) var(--ap-space-3);
  }
  .raws:empty {
    display: none;
  }

  .plan {
    padding: var(--ap-space-3);
    font-size: var(--ap-size-s);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .plan-head {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    color: var(--ap-text-muted);
  }
  .plan-head strong {
    color: var(--ap-text);
  }
  .plan-head progress {
    width: 72px;
    height: 4px;
    margin-left: auto;
    appearance: none;
    background: var(--ap-border);
    border: 0;
    border-radius: 2px;
    overflow: hidden;
  }
  .plan-head progress::-webkit-progress-bar {
    background: var(--ap-border);
  }
  .plan-head progress::-webkit-progress-value {
    background: var(--ap-green);
  }
  .plan-head progress::-moz-progress-bar {
    background: var(--ap-green);
  }
  .plan ol {
    margin-top: var(--ap-space-2);
    display: grid;
    gap: 3px;
  }
  .plan li {
    display: flex;
    gap: var(--ap-space-2);
    align-items: flex-start;
    line-height: 1.45;
  }
  .plan li svg {
    margin-top: 2px;
    color: var(--ap-text-faint);
  }
  .plan li.completed {
    color: var(--ap-text-faint);
  }
  .plan li.completed svg {
    color: var(--ap-green);
  }
  .plan li.in_progress {
    font-weight: 550;
  }
  .plan li.in_progress svg {
    color: var(--ap-blue);
  }

  .approval {
    --tone: var(--ap-amber);
    --tone-soft: var(--ap-amber-soft);
    margin: var(--ap-space-4) 0;
    overflow: hidden;
    font-size: var(--ap-size-s);
    background: var(--ap-bg-raised);
    border: 1px solid color-mix(in srgb, var(--tone) 45%, var(--ap-border));
    border-radius: var(--ap-radius-m);
    box-shadow: var(--ap-shadow-1);
  }
  .approval.destructive {
    --tone: var(--ap-red);
    --tone-soft: var(--ap-red-soft);
  }
  .approval-head {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    padding: 7px 12px;
    color: var(--tone);
    background: var(--tone-soft);
  }
  .approval-session {
    flex: 1;
    color: var(--ap-text-muted);
  }
  .badge {
    padding: 1px 7px;
    font-size: var(--ap-size-xs);
    font-weight: 650;
    border: 1px solid currentcolor;
    border-radius: 9px;
  }
  .approval-asked {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--ap-space-2);
    padding: var(--ap-space-3) 12px 0;
  }
  .approval-asked:empty {
    display: none;
  }
  .approval-title {
    display: flex;
    gap: var(--ap-space-2);
    font-size: var(--ap-size-m);
    font-weight: 550;
    line-height: 1.45;
    white-space: pre-wrap;
  }
  .approval-title .tool-kind {
    margin-top: 3px;
  }
  .approval-place {
    font: var(--ap-size-s) / 1.5 var(--ap-mono);
    color: var(--ap-text-muted);
  }
  .approval [data-lines]::after {
    content: attr(data-lines);
    position: sticky;
    bottom: -8px;
    display: block;
    margin: 0 -10px -8px;
    padding: 3px 10px;
    font: var(--ap-size-xs) / 1.5 var(--ap-font);
    color: var(--ap-text-faint);
    background: var(--ap-bg-raised);
    border-top: 1px solid var(--ap-border);
  }
  .approval-foot {
    padding: var(--ap-space-3) 12px;
  }
  .approval-options {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--ap-space-2);
  }
  .approval-options .button {
    max-width: 100%;
    padding-block: 5px;
    text-align: left;
    overflow-wrap: anywhere;
  }
  .approval-keys {
    display: flex;
    gap: 10px;
    margin-left: auto;
    font-size: var(--ap-size-xs);
    color: var(--ap-text-faint);
  }
  .approval-error {
    margin-bottom: var(--ap-space-2);
    color: var(--ap-red);
  }
  .approval.resolved {
    display: flex;
    flex-direction: column;
    margin: var(--ap-space-3) 0;
    border-color: var(--ap-border);
    box-shadow: none;
  }
  .approval.resolved .approval-asked {
    order: 1;
    padding-bottom: var(--ap-space-3);
    padding-top: 2px;
  }
  .approval.resolved .approval-title {
    font-size: var(--ap-size-s);
    font-weight: 400;
  }
  .approval.resolved .approval-foot {
    padding: 0;
  }
  .approval-outcome {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    width: 100%;
    min-height: 34px;
    padding: 4px 8px 4px 10px;
    cursor: pointer;
  }
  .approval-outcome:hover {
    background: var(--ap-bg-hover);
  }
  .approval-outcome strong {
    font-weight: 600;
  }
  .approval-outcome.allowed > svg,
  .approval-outcome.allowed strong {
    color: var(--ap-green);
  }
  .approval-outcome.denied > svg,
  .approval-outcome.denied strong {
    color: var(--ap-red);
  }
  .approval-outcome .by {
    color: var(--ap-text-muted);
  }
  .approval-outcome .what {
    flex: 1;
    font-family: var(--ap-mono);
    font-size: 0.92em;
    text-align: right;
    color: var(--ap-text-faint);
  }
  .approval-outcome:has([aria-expanded='true']) .what {
    visibility: hidden;
  }
  .approval-outcome button {
    padding: 0;
    color: var(--ap-text-faint);
    background: none;
    border: 0;
    border-radius: var(--ap-radius-s);
    cursor: pointer;
  }
  .approval-outcome [aria-expanded='false'] svg {
    transform: rotate(-90deg);
  }
  @media (max-width: 640px) {
    .approval-keys {
      display: none;
    }
    .approval-options .button {
      flex: 1 1 auto;
    }
  }
`;
