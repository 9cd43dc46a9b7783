import { css } from 'lit';

export const composerStyles = css`
  :host {
    position: relative;
    display: block;
    padding: 0 var(--ap-space-5) max(var(--ap-space-4), env(safe-area-inset-bottom));
    font-size: var(--ap-size-m);
  }
  /* The transcript fades out under the composer's edge. */
  :host::before {
    content: '';
    position: absolute;
    inset: -20px 14px auto;
    height: 20px;
    background: linear-gradient(to bottom, transparent, var(--ap-bg));
    pointer-events: none;
  }
  .note,
  .wrap {
    max-width: var(--ap-measure);
    margin: 0 auto;
  }
  .wrap {
    position: relative;
  }
  .box {
    display: grid;
    /* As wide as there is room, whatever stands in it. */
    grid-template-columns: minmax(0, 1fr);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-l);
    box-shadow: var(--ap-shadow-1);
    cursor: text;
    transition: border-color var(--ap-fast);
  }
  .box:focus-within {
    border-color: var(--ap-accent);
    outline: 1px solid var(--ap-accent);
    outline-offset: -1px;
  }
  textarea {
    display: block;
    width: 100%;
    min-height: 1.5em;
    max-height: min(40dvh, 22rem);
    margin: 0;
    padding: 11px 14px 2px;
    font: inherit;
    line-height: 1.5;
    color: var(--ap-text);
    background: none;
    border: 0;
    resize: none;
    outline: none;
    overflow-y: auto;
  }
  /* The box around it shows the focus. */
  textarea:focus-visible {
    outline: none;
  }
  textarea::placeholder {
    color: var(--ap-text-faint);
    opacity: 1;
  }
  .row {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    min-height: 40px;
    padding: 2px 6px 6px 14px;
  }
  .hint {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    font-size: var(--ap-size-xs);
    white-space: nowrap;
    text-align: right;
    color: var(--ap-text-faint);
  }
  .box:not(:focus-within) .hint {
    visibility: hidden;
  }
  .round {
    display: grid;
    place-items: center;
    flex: none;
    width: 32px;
    height: 32px;
    padding: 0;
    border: 0;
    border-radius: 50%;
    cursor: pointer;
    transition:
      background-color var(--ap-fast),
      color var(--ap-fast);
  }
  .attach {
    margin-left: -8px;
    color: var(--ap-text-muted);
  }
  .attach:hover {
    background: var(--ap-bg-hover);
  }
  .attach:focus-within {
    outline: 2px solid var(--ap-accent);
  }
  .send {
    color: var(--ap-on-accent);
    background: var(--ap-accent);
  }
  .send:hover {
    background: var(--ap-accent-hover);
  }
  .send:disabled {
    color: var(--ap-text-faint);
    background: var(--ap-bg-hover);
    cursor: default;
  }
  .stop {
    color: var(--ap-red);
    background: var(--ap-red-soft);
  }
  .stop.paused {
    color: var(--ap-text-faint);
    background: var(--ap-bg-hover);
  }
  /* Above the box, as all that comes and goes: what is pressed stays where it is. */
  .promise {
    padding: 0 14px 6px;
    font-size: 0.75rem;
    line-height: 1.4;
    text-align: center;
    color: var(--ap-text-faint);
  }
  .stop:hover {
    color: var(--ap-bg-raised);
    background: var(--ap-red);
  }

  .note {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    width: fit-content;
    margin-bottom: var(--ap-space-2);
    padding: 4px 12px;
    min-height: 30px;
    font-size: var(--ap-size-s);
    line-height: 1.4;
    color: var(--ap-text-muted);
    background: var(--ap-bg-sunken);
    border-radius: 15px;
  }
  .note.amber {
    color: var(--ap-amber);
    background: var(--ap-amber-soft);
  }
  .note.red {
    color: var(--ap-red);
    background: var(--ap-red-soft);
  }
  .note .link-button {
    color: inherit;
    white-space: nowrap;
  }
  .note .button {
    flex: none;
    color: var(--ap-text);
    white-space: nowrap;
  }

  .usage {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    font-size: var(--ap-size-xs);
    white-space: nowrap;
    color: var(--ap-text-faint);
    cursor: default;
  }
  .usage .track {
    stroke: var(--ap-border);
  }
  .usage .fill {
    stroke: var(--ap-text-faint);
  }
  .usage.high {
    color: var(--ap-amber);
  }
  .usage.high .fill {
    stroke: var(--ap-amber);
  }
  .usage.full {
    color: var(--ap-red);
  }
  .usage.full .fill {
    stroke: var(--ap-red);
  }
  .cost::before {
    content: '· ';
  }

  .menu {
    position: absolute;
    right: 0;
    bottom: calc(100% + 6px);
    left: 0;
    z-index: 2;
    padding: 5px;
    max-height: min(50dvh, 20rem);
    overflow-y: auto;
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
    box-shadow: var(--ap-shadow-2);
  }
  .menu li {
    display: flex;
    align-items: baseline;
    gap: var(--ap-space-3);
    padding: 6px 9px;
    font-size: var(--ap-size-s);
    border-radius: var(--ap-radius-s);
    cursor: pointer;
  }
  .menu li:hover {
    background: var(--ap-bg-hover);
  }
  .menu li[aria-selected='true'] {
    background: var(--ap-bg-active);
  }
  .menu .mono {
    min-width: 9ch;
  }
  .menu .truncate {
    color: var(--ap-text-muted);
  }

  @media (max-width: 640px) {
    :host {
      padding: 0 10px max(10px, env(safe-area-inset-bottom));
    }
    .hint {
      visibility: hidden;
    }
  }
  @media (pointer: coarse) {
    /* Below 16 px iOS zooms in on focus. */
    textarea {
      font-size: 1rem;
    }
    .round {
      width: 40px;
      height: 40px;
    }
  }
`;
