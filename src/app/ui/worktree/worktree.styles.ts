import { css } from 'lit';

export const fileChangeStyles = css`
  :host {
    display: block;
    border-top: 1px solid var(--ap-border);
  }
  summary {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 32px;
    padding: 4px 4px 4px 0;
    font-size: var(--ap-size-s);
    border-radius: var(--ap-radius-s);
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary:hover {
    background: var(--ap-bg-hover);
  }
  summary svg {
    flex: none;
    color: var(--ap-text-muted);
    transform: rotate(-90deg);
  }
  [open] > summary svg {
    transform: none;
  }
  .path {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .change,
  .note {
    font-size: var(--ap-size-xs);
    color: var(--ap-text-muted);
  }
  .note {
    padding: 2px 0 8px 24px;
  }
  .counts {
    flex: none;
    font: var(--ap-size-xs) / 1.5 var(--ap-mono);
  }
  .plus {
    color: var(--ap-green);
  }
  .minus {
    color: var(--ap-red);
  }
  .diff-block {
    margin-bottom: 8px;
  }
  @media (pointer: coarse) {
    summary {
      min-height: 44px;
    }
  }
`;

export const worktreeStyles = css`
  dialog {
    --dialog-width: 46rem;
  }
  .stack {
    display: grid;
    gap: var(--ap-space-3);
    align-content: start;
  }
  dl {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 4px 16px;
    font-size: var(--ap-size-s);
  }
  dt {
    color: var(--ap-text-muted);
  }
  dd {
    display: flex;
    gap: 4px;
    align-items: baseline;
    min-width: 0;
    margin: 0;
    overflow-wrap: anywhere;
  }
  dd .mono {
    min-width: 0;
    font-size: 0.78125rem;
  }
  h3 {
    font-size: var(--ap-size-s);
    font-weight: 600;
  }
  .warn {
    padding: 8px 12px;
    font-size: var(--ap-size-s);
    line-height: var(--ap-line);
    background: var(--ap-bg-sunken);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-m);
    overflow-wrap: anywhere;
  }
  .warn .row {
    padding-top: 8px;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: var(--ap-space-2);
    align-items: center;
  }
  .row .input {
    flex: 1 1 14rem;
    width: auto;
  }
  .done {
    font-size: var(--ap-size-s);
    color: var(--ap-green);
  }
`;
