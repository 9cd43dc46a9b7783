import { css } from 'lit';

/** Notices, attachments, folded data. */
export const noteStyles = css`
  .notice {
    display: flex;
    gap: var(--ap-space-2);
    padding: 9px 12px;
    font-size: var(--ap-size-s);
    color: var(--ap-text-muted);
    background: var(--ap-bg-sunken);
    border-radius: var(--ap-radius-m);
  }
  .notice > svg {
    margin-top: 2px;
  }
  .notice.warning {
    color: var(--ap-amber);
    background: var(--ap-amber-soft);
  }
  .notice.error {
    color: var(--ap-red);
    background: var(--ap-red-soft);
  }
  .notice p {
    white-space: pre-wrap;
  }
  .notice-detail {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 10px;
    margin-top: 2px;
    font-size: var(--ap-size-xs);
    color: var(--ap-text-muted);
  }
  .notice-detail code {
    font-family: var(--ap-mono);
  }
  .attachment {
    margin-top: var(--ap-space-2);
  }
  .attachment.file {
    display: inline-block;
    padding: 2px 9px;
    margin-right: 6px;
    font-size: var(--ap-size-s);
    color: var(--ap-text-muted);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .fold {
    max-width: 100%;
    font-size: var(--ap-size-xs);
    color: var(--ap-text-muted);
  }
  .fold[open] {
    width: 100%;
  }
  .fold summary {
    width: fit-content;
    padding: 1px 4px;
    border-radius: 4px;
    cursor: pointer;
  }
  .fold summary:hover {
    color: var(--ap-text);
  }
  .fold pre {
    margin: 4px 0 0;
    padding: 8px 10px;
    max-height: 20rem;
    overflow: auto;
    font: var(--ap-size-xs) / 1.5 var(--ap-mono);
    white-space: pre-wrap;
    background: var(--ap-code-bg);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-s);
  }
`;
