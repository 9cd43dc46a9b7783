import { css } from 'lit';

export const diffStyles = css`
  .diff-block {
    overflow: hidden;
    background: var(--ap-bg);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-s);
  }
  .diff-block figcaption {
    padding: 4px 10px;
    font: var(--ap-size-xs) / 1.5 var(--ap-mono);
    color: var(--ap-text-muted);
    background: var(--ap-bg-sunken);
    border-bottom: 1px solid var(--ap-border);
  }
  .diff {
    max-height: 22rem;
    overflow: auto;
    outline-offset: -2px;
    font: 0.78125rem/1.55 var(--ap-mono);
    tab-size: 4;
  }
  .diff-rows {
    width: max-content;
    min-width: 100%;
  }
  .diff-row {
    display: flex;
    white-space: pre;
    overflow-wrap: normal;
  }
  .diff-row .ln,
  .diff-row .sign {
    flex: none;
    user-select: none;
    color: var(--ap-text-faint);
  }
  .diff-row .ln {
    width: 4.5ch;
    padding-right: 1ch;
    text-align: right;
    font-size: 0.92em;
    line-height: 1.68;
  }
  .diff-row .sign {
    width: 2.5ch;
    text-align: center;
  }
  .diff-row .text {
    padding-right: 2ch;
  }
  .diff-row.add {
    background: var(--ap-diff-add);
  }
  .diff-row.del {
    background: var(--ap-diff-del);
  }
  .diff-row.add .sign {
    color: var(--ap-green);
  }
  .diff-row.del .sign {
    color: var(--ap-red);
  }
  .diff-fold {
    display: block;
    width: 100%;
    padding: 1px 10px 1px 11.5ch;
    font: var(--ap-size-xs) / 1.9 var(--ap-font);
    text-align: left;
    color: var(--ap-text-faint);
    background: var(--ap-bg-sunken);
    border: 0;
    cursor: pointer;
    outline-offset: -2px;
  }
  .diff-fold:hover {
    color: var(--ap-text);
    background: var(--ap-bg-hover);
  }
  .diff-note {
    padding: 6px 10px;
    font: var(--ap-size-xs) / 1.5 var(--ap-font);
    color: var(--ap-text-faint);
  }
`;
