import { css } from 'lit';

/** The modal dialog's frame: head, scrolling body, foot. On a phone it is a sheet at the bottom. */
export const dialogStyles = css`
  dialog {
    width: min(var(--dialog-width, 34rem), calc(100vw - 32px));
    max-width: none;
    max-height: min(46rem, calc(100dvh - 48px));
    margin: auto;
    padding: 0;
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-l);
    box-shadow: var(--ap-shadow-2);
    overflow: hidden;
  }
  dialog[open] {
    display: flex;
    flex-direction: column;
    animation: appear var(--ap-fast) ease-out;
  }
  dialog::backdrop {
    background: var(--ap-overlay);
  }
  dialog > form {
    display: contents;
  }
  @keyframes appear {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }
  .head {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    padding: 14px 12px 10px 20px;
  }
  .head h2 {
    flex: 1;
    font-size: var(--ap-size-l);
    font-weight: 650;
    letter-spacing: -0.01em;
    line-height: 1.3;
    /* Focused by the page when the dialog opens, never by Tab. */
    outline: none;
  }
  .body {
    flex: 1 1 auto;
    min-height: 0;
    padding: 4px 20px 20px;
    overflow-y: auto;
    overscroll-behavior: contain;
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
    dialog {
      width: 100vw;
      max-height: calc(100dvh - 24px);
      margin: auto 0 0;
      border-width: 1px 0 0;
      border-radius: var(--ap-radius-l) var(--ap-radius-l) 0 0;
    }
    .foot .button {
      flex: 1;
    }
  }
`;
