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
  .segments {
    display: inline-flex;
    flex-wrap: wrap;
    max-width: 100%;
    padding: 3px;
    background: var(--ap-bg-sunken);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .segments label {
    position: relative;
  }
  .segments input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .segments span {
    display: block;
    padding: 0 12px;
    font-size: var(--ap-size-s);
    line-height: 28px;
    color: var(--ap-text-muted);
    border-radius: var(--ap-radius-s);
  }
  .segments :checked + span {
    font-weight: 550;
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    box-shadow:
      0 0 0 1px var(--ap-border-strong),
      var(--ap-shadow-1);
  }
  .segments :focus-visible + span {
    outline: 2px solid var(--ap-accent);
    outline-offset: 1px;
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
