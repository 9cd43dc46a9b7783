import { css } from 'lit';

/** What the parts of an endpoint's form look like; `fieldStyles` has the fields themselves. */
export const endpointStyles = css`
  .stack {
    display: grid;
    align-content: start;
    gap: var(--ap-space-4);
    min-width: 0;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0 0 6px;
  }
  .choices {
    display: grid;
    gap: 6px;
  }
  .choice {
    position: relative;
    display: flex;
    gap: 10px;
    padding: 9px 12px;
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
    cursor: pointer;
  }
  .choice:hover {
    border-color: var(--ap-border-strong);
  }
  .choice:has(:checked) {
    background: var(--ap-accent-soft);
    border-color: var(--ap-accent);
  }
  .choice:has(:focus-visible) {
    outline: 2px solid var(--ap-accent);
    outline-offset: 2px;
  }
  .choice input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .choice .dot {
    flex: none;
    width: 14px;
    height: 14px;
    margin-top: 3px;
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: 50%;
  }
  .choice:has(:checked) .dot {
    border: 4.5px solid var(--ap-accent);
  }
  .choice .words {
    display: grid;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .choice .name {
    display: flex;
    flex-wrap: wrap;
    gap: 0 8px;
    align-items: baseline;
    font-size: var(--ap-size-s);
    font-weight: 600;
    line-height: 20px;
  }
  .badge {
    font-size: var(--ap-size-xs);
    font-weight: 600;
    color: var(--ap-green);
  }
  .badge.maybe {
    color: var(--ap-amber);
  }
  .fold {
    font-size: var(--ap-size-s);
  }
  .fold > summary {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 4px 6px 4px 2px;
    color: var(--ap-text-muted);
    border-radius: var(--ap-radius-s);
    cursor: pointer;
    list-style: none;
  }
  .fold > summary::-webkit-details-marker {
    display: none;
  }
  .fold > summary svg {
    transform: rotate(-90deg);
    transition: transform var(--ap-fast);
  }
  .fold[open] > summary svg {
    transform: none;
  }
  .fold[open] > :not(summary) {
    margin-top: var(--ap-space-3);
  }
  .box {
    display: flex;
    gap: 9px;
    padding: 10px 12px;
    font-size: var(--ap-size-s);
    line-height: 1.5;
    color: var(--ap-text);
    background: var(--ap-amber-soft);
    border-radius: var(--ap-radius-m);
    overflow-wrap: anywhere;
  }
  .box > svg {
    margin-top: 2px;
    color: var(--ap-amber);
  }
  .box.red {
    background: var(--ap-red-soft);
  }
  .box.red > svg {
    color: var(--ap-red);
  }
  .box strong {
    display: block;
  }
  select.input {
    padding-right: 6px;
  }
  .link-button {
    font-size: var(--ap-size-s);
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: var(--ap-space-2);
    padding: 12px 20px max(14px, env(safe-area-inset-bottom));
    border-top: 1px solid var(--ap-border);
  }
  .foot .problem {
    flex: 1 1 14rem;
  }
  @media (max-width: 559px) {
    .foot .button {
      flex: 1;
    }
  }
`;
