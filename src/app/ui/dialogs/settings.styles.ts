import { css } from 'lit';

export const settingsStyles = css`
  dialog {
    --dialog-width: 38rem;
  }
  .sections {
    display: grid;
    align-content: start;
    gap: var(--ap-space-5);
  }
  h3 {
    display: flex;
    gap: 12px;
    align-items: baseline;
    padding-bottom: 8px;
    font-size: var(--ap-size-s);
    font-weight: 600;
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
    font-size: var(--ap-size-s);
  }
  .line > :first-child {
    flex: 1 1 12rem;
  }
  .soft {
    color: var(--ap-text-muted);
  }
  .keys li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 12px;
    min-height: 36px;
    padding: 2px 0;
    font-size: var(--ap-size-s);
    border-top: 1px solid var(--ap-border);
  }
  .keys .name {
    flex: 1 1 11rem;
  }
  .keys .problem {
    flex-basis: 100%;
    padding-bottom: 6px;
    font-size: 0.75rem;
    color: var(--ap-amber);
  }
  .binding {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    min-height: 28px;
    padding: 0 6px;
    background: none;
    border: 1px solid transparent;
    border-radius: var(--ap-radius-s);
    cursor: pointer;
  }
  .binding:hover {
    background: var(--ap-bg-hover);
    border-color: var(--ap-border);
  }
  .caps {
    display: inline-flex;
    gap: 3px;
  }
`;
