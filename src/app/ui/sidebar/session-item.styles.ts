import { css } from 'lit';

/** The row's two lines: a gutter for state, the words, and what is due on the right. */
export const itemStyles = css`
  :host {
    display: block;
    border-radius: var(--ap-radius-m);
    contain: layout style;
  }
  /* Without positions, transitions and opacity: each would be a layer to be sorted whenever anything is painted. */
  .row {
    display: grid;
    grid-template: 'gutter title aside' 20px 'gutter second second' 18px / 16px minmax(0, 1fr) auto;
    column-gap: 9px;
    row-gap: 2px;
    padding: 8px 10px 9px 10px;
    border-radius: var(--ap-radius-m);
  }
  .row:hover {
    background: var(--ap-bg-hover);
  }
  :host([aria-current='true']) .row {
    background: var(--ap-bg-active);
  }
  /* Behind everything; what is not a control of its own lets the pointer through to it. */
  .open {
    grid-area: 1 / 1 / -1 / -1;
    margin: -8px -10px -9px;
    padding: 0;
    border: 0;
    background: none;
    border-radius: inherit;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
    touch-action: manipulation;
  }
  .open:focus-visible {
    outline-offset: -2px;
  }
  .gutter {
    grid-area: gutter;
    display: grid;
    grid-template-rows: 20px 18px;
    row-gap: 2px;
    place-items: center;
    pointer-events: none;
  }
  .gutter kbd {
    min-width: 16px;
    padding: 0;
    line-height: 15px;
    color: var(--ap-accent);
    border-color: var(--ap-accent);
  }
  .glyph {
    color: var(--ap-gray);
  }
  .connected .glyph {
    color: var(--ap-green);
  }
  /* Not moving: each moving one is a layer of its own, and all that is painted has to be sorted around it. */
  .streaming .glyph {
    color: var(--ap-blue);
  }
  .connecting .glyph,
  .reconnecting .glyph {
    color: var(--ap-amber);
  }
  .error .glyph {
    color: var(--ap-red);
  }
  .star {
    color: var(--ap-accent);
  }
  .title {
    grid-area: title;
    font-size: 0.875rem;
    font-weight: 500;
    line-height: 20px;
    color: var(--ap-text);
    pointer-events: none;
  }
  .news .title {
    font-weight: 650;
  }
  ap-title-editor {
    grid-area: title;
    margin: -3px 0 -3px -6px;
  }
  .aside {
    grid-area: aside;
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: 0.75rem;
    line-height: 20px;
    color: var(--ap-text-muted);
    pointer-events: none;
  }
  .streaming .aside {
    color: var(--ap-blue);
  }
  .draft {
    color: var(--ap-text-faint);
  }
  .draft svg {
    width: 13px;
    height: 13px;
  }
  .chip {
    padding: 0 7px;
    font-size: var(--ap-size-xs);
    font-weight: 650;
    line-height: 18px;
    white-space: nowrap;
    border-radius: 99px;
  }
  .chip.approval {
    color: var(--ap-amber);
    background: var(--ap-amber-soft);
    box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--ap-amber) 40%, transparent);
  }
  .chip.error {
    color: var(--ap-red);
    background: var(--ap-red-soft);
  }
  .chip.done {
    color: var(--ap-green);
    background: var(--ap-green-soft);
  }
  .second {
    grid-area: second;
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    font-size: 0.78125rem;
    line-height: 18px;
    color: var(--ap-text-muted);
    pointer-events: none;
  }
  .agent {
    flex: 0 1 auto;
    max-width: 42%;
    color: var(--ap-text-faint);
  }
  .agent::after {
    content: ' ·';
  }
  .where {
    max-width: 36%;
    font-size: var(--ap-size-xs);
  }
  .aside .paused {
    color: var(--ap-text-faint);
  }
  .line {
    flex: 1 1 0;
  }
  .reconnecting .line {
    color: var(--ap-amber);
  }
  .error .line {
    color: var(--ap-red);
  }
  .act {
    flex: none;
    pointer-events: auto;
    font-size: 0.75rem;
  }
  .unread {
    flex: none;
    font-size: 0.75rem;
    font-weight: 650;
    color: var(--ap-red);
  }
  .menu {
    grid-area: 1 / 1 / -1 / -1;
    justify-self: end;
    width: 28px;
    height: 26px;
    min-height: 0;
    margin: -4px -4px 0 0;
    color: transparent;
    border-radius: var(--ap-radius-s);
    transition: none;
  }
  @media (hover: hover) {
    .row:hover .menu,
    .menu:focus-visible {
      color: var(--ap-text-muted);
      background: var(--ap-bg-hover);
    }
    :host([aria-current='true']) .row:hover .menu,
    :host([aria-current='true']) .menu:focus-visible {
      background: var(--ap-bg-active);
    }
  }
  .row .menu:hover {
    color: var(--ap-text);
    box-shadow: inset 0 0 0 1px var(--ap-border-strong);
  }
  .row:hover .aside {
    visibility: hidden;
  }
  ap-row-approval {
    padding: 2px 2px 10px 35px;
  }
  @media (hover: none) {
    .row {
      grid-template-areas: 'gutter title aside menu' 'gutter second second menu';
      grid-template-rows: 22px 20px;
      grid-template-columns: 16px minmax(0, 1fr) auto 40px;
      padding: 10px 0 11px 12px;
    }
    .gutter {
      grid-template-rows: 22px 20px;
    }
    .open {
      margin: -10px 0 -11px -12px;
    }
    .row .menu {
      grid-area: menu;
      align-self: center;
      width: 40px;
      height: 40px;
      min-width: 0;
      margin: 0;
      color: var(--ap-text-muted);
    }
    .row:hover .aside {
      visibility: visible;
    }
    .row:hover {
      background: none;
    }
    .title {
      font-size: 0.9375rem;
    }
  }
`;
