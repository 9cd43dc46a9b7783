import { css } from 'lit';

export const sidebarStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--ap-bg-sunken);
  }
  header {
    display: flex;
    align-items: center;
    gap: 2px;
    padding: 12px 10px 8px 18px;
  }
  .brand {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 9px;
    font-size: var(--ap-size-m);
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  .brand svg {
    color: var(--ap-accent);
  }
  .top {
    display: flex;
    gap: 8px;
    padding: 4px 12px 8px;
  }
  .new {
    flex: none;
  }
  .search {
    position: relative;
    flex: 1;
    min-width: 0;
    color: var(--ap-text-faint);
  }
  .search svg {
    position: absolute;
    top: 50%;
    left: 9px;
    transform: translateY(-50%);
    pointer-events: none;
  }
  .search .input {
    height: 100%;
    min-height: 34px;
    padding-left: 30px;
    border-color: var(--ap-border);
  }
  .summary {
    display: flex;
    align-items: center;
    gap: 4px 10px;
    flex-wrap: wrap;
    min-height: 28px;
    padding: 0 18px 4px;
    font-size: 0.75rem;
    line-height: 18px;
    color: var(--ap-text-muted);
  }
  .count {
    padding: 0;
    border: 0;
    background: none;
  }
  .count.approval {
    color: var(--ap-amber);
    font-weight: 650;
    cursor: pointer;
    border-radius: 3px;
  }
  .count.approval:hover {
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .count.lost {
    color: var(--ap-amber);
  }
  .count.error {
    color: var(--ap-red);
    font-weight: 600;
  }
  .live {
    padding: 0 8px;
    font-size: 0.75rem;
    white-space: nowrap;
    color: var(--ap-text-faint);
  }
  .live.full {
    color: var(--ap-text-muted);
    font-weight: 600;
  }
  .list {
    flex: 1;
    min-height: 0;
    padding: 2px 8px 16px;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-gutter: stable;
  }
  ap-session-item + ap-session-item {
    margin-top: 1px;
  }
  .none {
    padding: 6px 20px 24px;
    font-size: var(--ap-size-s);
    line-height: var(--ap-line);
    color: var(--ap-text-muted);
  }
  footer {
    padding: 5px 8px max(5px, env(safe-area-inset-bottom));
    border-top: 1px solid var(--ap-border);
  }
  .endpoints {
    display: flex;
    align-items: center;
    gap: 8px;
    width: 100%;
    min-height: 30px;
    padding: 0 10px;
    font-size: 0.75rem;
    text-align: left;
    color: var(--ap-text-muted);
    background: none;
    border: 0;
    border-radius: var(--ap-radius-m);
    cursor: pointer;
  }
  .endpoints:focus-visible {
    outline-offset: -2px;
  }
  .endpoints:hover {
    color: var(--ap-text);
    background: var(--ap-bg-hover);
  }
  .endpoints .more {
    flex: none;
    margin-left: auto;
    color: var(--ap-amber);
  }
  @media (pointer: coarse) {
    .endpoints {
      min-height: 40px;
    }
  }
  ap-welcome,
  .skeleton,
  .none {
    flex: 1;
  }
  @media (max-width: 719px) {
    header {
      padding-top: max(12px, env(safe-area-inset-top));
    }
    .list {
      padding-bottom: max(16px, env(safe-area-inset-bottom));
    }
  }
`;
