import { css } from 'lit';

export const emptyStyles = css`
  .empty {
    display: grid;
    justify-items: start;
    gap: var(--ap-space-2);
    padding: 9vh 0 var(--ap-space-5);
  }
  .empty h2 {
    font-size: var(--ap-size-xl);
    font-weight: 650;
    letter-spacing: -0.015em;
    line-height: 1.25;
  }
  .where {
    display: flex;
    gap: 7px;
    max-width: 100%;
    font: var(--ap-size-s) / 1.5 var(--ap-mono);
    color: var(--ap-text-muted);
    overflow-wrap: anywhere;
  }
  .where svg {
    margin-top: 2px;
    color: var(--ap-text-faint);
  }
  .word {
    margin-top: var(--ap-space-3);
    font-size: var(--ap-size-m);
    line-height: var(--ap-line);
    color: var(--ap-text-muted);
  }
  .empty ul {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
    gap: var(--ap-space-2);
    width: 100%;
    margin-top: var(--ap-space-1);
  }
  .empty li {
    display: grid;
  }
  .empty button {
    display: grid;
    align-content: start;
    gap: 1px;
    padding: 9px 12px;
    font: inherit;
    font-size: var(--ap-size-s);
    text-align: left;
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
    cursor: pointer;
    transition:
      background-color var(--ap-fast),
      border-color var(--ap-fast);
  }
  .empty button:hover {
    background: var(--ap-bg-hover);
    border-color: var(--ap-border-strong);
  }
  .empty button .mono {
    font-weight: 600;
    color: var(--ap-accent);
  }
  .about {
    line-height: 1.45;
    color: var(--ap-text-muted);
  }
  .skeleton {
    display: grid;
    gap: 11px;
    padding-top: var(--ap-space-2);
  }
  .skeleton span {
    height: 13px;
    background: var(--ap-bg-hover);
    border-radius: 7px;
    animation: breathe 1.4s ease-in-out infinite alternate var(--ap-play, running);
  }
  .skeleton .own {
    justify-self: end;
    width: 42%;
    height: 34px;
    margin: var(--ap-space-3) 0;
    border-radius: var(--ap-radius-l);
  }
  .skeleton .short {
    width: 55%;
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
`;
