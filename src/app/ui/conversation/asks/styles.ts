import { css } from 'lit';

/** Questions of the agent; they come with their code. */
export const askStyles = css`
  .ask:empty::before {
    content: 'Loading…';
    display: block;
    padding: 8px 12px;
    color: var(--ap-text-faint);
  }
  .ask .hint {
    font-size: 0.78125rem;
    line-height: 1.45;
    color: var(--ap-text-muted);
    overflow-wrap: anywhere;
  }
  .ask-message {
    font-size: var(--ap-size-m);
    line-height: 1.45;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 24rem;
    overflow: auto;
  }
  .ask-title {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .ask-form,
  .ask-methods {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--ap-space-3);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .ask-methods {
    margin-bottom: var(--ap-space-3);
  }
  .ask-methods li {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 6px;
    justify-items: start;
    padding: 10px 12px;
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .ask-methods .button {
    max-width: 100%;
    text-align: left;
    overflow-wrap: anywhere;
  }
  .ask-field {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 5px;
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .ask-field > label:not(.ask-choice),
  .ask-field > legend {
    padding: 0;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .ask-field .optional {
    font-weight: 400;
    color: var(--ap-text-muted);
  }
  .ask-choice {
    display: flex;
    gap: 8px;
    align-items: baseline;
    overflow-wrap: anywhere;
  }
  .ask-choice .hint {
    display: block;
  }
  .ask-choice input {
    flex: none;
    accent-color: var(--ap-accent);
  }
  .ask .input {
    box-sizing: border-box;
    width: 100%;
    min-width: 0;
    min-height: 34px;
    padding: 5px 10px;
    font: inherit;
    color: var(--ap-text);
    background: var(--ap-bg);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-m);
  }
  .ask textarea.input {
    resize: vertical;
  }
  .ask .input:focus-visible {
    outline: 2px solid var(--ap-accent);
    outline-offset: -1px;
  }
  .ask .input[aria-invalid='true'] {
    border-color: var(--ap-red);
  }
  .ask-problem {
    color: var(--ap-red);
    overflow-wrap: anywhere;
  }
  .ask-link {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 2px;
    margin-bottom: var(--ap-space-3);
    padding: 8px 12px;
    background: var(--ap-code-bg);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .ask-host {
    font-size: var(--ap-size-m);
    overflow-wrap: anywhere;
  }
  .ask-url {
    max-height: 7rem;
    overflow: auto;
    font: var(--ap-size-xs) / 1.5 var(--ap-mono);
    color: var(--ap-text-muted);
    overflow-wrap: anywhere;
  }
  .ask-command {
    display: flex;
    gap: var(--ap-space-2);
    align-items: start;
    width: 100%;
  }
  .ask-command pre {
    flex: 1;
    min-width: 0;
    margin: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .ask a.button {
    text-decoration: none;
  }
  @media (pointer: coarse) {
    .ask .input {
      min-height: 42px;
      font-size: 1rem;
    }
  }
`;
