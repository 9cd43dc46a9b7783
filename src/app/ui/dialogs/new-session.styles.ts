import { css } from 'lit';

export const newSessionStyles = css`
  .stack {
    display: grid;
    align-content: start;
    gap: var(--ap-space-4);
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr));
    gap: 8px;
  }
  .card {
    position: relative;
    display: flex;
    gap: 10px;
    padding: 10px 12px;
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
    cursor: pointer;
    transition: border-color var(--ap-fast);
  }
  .card:hover {
    border-color: var(--ap-border-strong);
  }
  .card:has(:checked) {
    background: var(--ap-accent-soft);
    border-color: var(--ap-accent);
  }
  .card:has(:focus-visible) {
    outline: 2px solid var(--ap-accent);
    outline-offset: 2px;
  }
  .card input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .dot {
    flex: none;
    width: 14px;
    height: 14px;
    margin-top: 3px;
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: 50%;
  }
  .card:has(:checked) .dot {
    border: 4.5px solid var(--ap-accent);
  }
  .tile {
    display: grid;
    flex: none;
    place-items: center;
    width: 26px;
    height: 26px;
    color: var(--ap-text-muted);
    background: var(--ap-bg-sunken);
    border-radius: var(--ap-radius-s);
  }
  .card:has(:checked) .tile {
    color: var(--ap-accent);
    background: var(--ap-bg-raised);
  }
  .words {
    display: grid;
    flex: 1;
    align-content: start;
    min-width: 0;
  }
  .name {
    font-size: var(--ap-size-s);
    font-weight: 600;
    line-height: 20px;
  }
  details {
    font-size: var(--ap-size-s);
  }
  summary {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 4px 6px 4px 2px;
    color: var(--ap-text-muted);
    border-radius: var(--ap-radius-s);
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary svg {
    transform: rotate(-90deg);
    transition: transform var(--ap-fast);
  }
  details[open] summary svg {
    transform: none;
  }
  .optional {
    color: var(--ap-text-faint);
  }
  details ul {
    display: grid;
    gap: 12px;
    padding: 8px 0 0 6px;
  }
  details li {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0 10px;
  }
  details li > * {
    grid-column: 2;
  }
  details li > .tile {
    grid-row: 1 / span 4;
    grid-column: 1;
  }
  .install {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  .install code {
    min-width: 0;
    padding: 2px 7px;
    overflow-wrap: anywhere;
    font-family: var(--ap-mono);
    font-size: 0.75rem;
    background: var(--ap-code-bg);
    border-radius: var(--ap-radius-s);
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .chip {
    min-height: 24px;
    padding: 0 9px;
    font-family: var(--ap-mono);
    font-size: 0.71875rem;
    color: var(--ap-text-muted);
    background: var(--ap-bg-sunken);
    border: 1px solid var(--ap-border);
    border-radius: 99px;
    cursor: pointer;
  }
  .chip:hover {
    color: var(--ap-text);
    border-color: var(--ap-border-strong);
  }
  @media (pointer: coarse) {
    .chip {
      min-height: 34px;
    }
  }
`;
