import { css } from 'lit';

/**
 * For every element: border-box, inherited type, the focus ring, thin scrollbars, `.vh` (visually
 * hidden, still read aloud), `.truncate`, `.tnum` (digits of one width), `.mono` and `kbd`.
 */
export const baseStyles = css`
  :host,
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2px solid var(--ap-accent);
    outline-offset: 2px;
  }
  * {
    scrollbar-width: thin;
    scrollbar-color: var(--ap-border-strong) transparent;
  }
  svg {
    display: block;
    flex: none;
  }
  .vh {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    padding: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
    border: 0;
  }
  .truncate {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .tnum {
    font-variant-numeric: tabular-nums;
  }
  .mono {
    font-family: var(--ap-mono);
    font-size: 0.92em;
  }
  kbd {
    display: inline-block;
    min-width: 1.6em;
    padding: 0 0.35em;
    font: 500 var(--ap-size-xs) / 1.55 var(--ap-font);
    text-align: center;
    color: var(--ap-text-muted);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-bottom-width: 2px;
    border-radius: 4px;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

/**
 * `.button` (plain, bordered) with `.primary`, `.danger`, `.quiet` (no border), `.small`;
 * `.icon-button` (square, needs an accessible name); `.link-button` (reads as text).
 */
export const buttonStyles = css`
  button {
    font: inherit;
    color: inherit;
  }
  .button,
  .icon-button,
  .link-button {
    margin: 0;
    padding: 0;
    border: 0;
    background: none;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
    touch-action: manipulation;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 34px;
    padding: 0 var(--ap-space-3);
    font-size: var(--ap-size-s);
    font-weight: 550;
    line-height: 1.2;
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-m);
    box-shadow: var(--ap-shadow-1);
    transition:
      background-color var(--ap-fast),
      border-color var(--ap-fast),
      color var(--ap-fast);
  }
  .button:hover {
    background: var(--ap-bg-hover);
  }
  .button.primary {
    color: var(--ap-on-accent);
    background: var(--ap-accent);
    border-color: transparent;
  }
  .button.primary:hover {
    background: var(--ap-accent-hover);
  }
  .button.danger {
    color: var(--ap-red);
    border-color: color-mix(in srgb, var(--ap-red) 45%, var(--ap-border));
  }
  .button.danger:hover {
    background: var(--ap-red-soft);
  }
  .button.quiet {
    background: none;
    border-color: transparent;
    box-shadow: none;
    color: var(--ap-text-muted);
  }
  .button.quiet:hover {
    color: var(--ap-text);
    background: var(--ap-bg-hover);
  }
  .button.small {
    min-height: 26px;
    padding: 0 var(--ap-space-2);
    border-radius: var(--ap-radius-s);
    font-size: 0.75rem;
  }
  .icon-button {
    display: inline-grid;
    place-items: center;
    width: 32px;
    height: 32px;
    flex: none;
    color: var(--ap-text-muted);
    border-radius: var(--ap-radius-m);
    transition:
      background-color var(--ap-fast),
      color var(--ap-fast);
  }
  .icon-button:hover {
    color: var(--ap-text);
    background: var(--ap-bg-hover);
  }
  .link-button {
    color: var(--ap-accent);
    font-weight: 550;
    text-decoration: underline;
    text-decoration-color: color-mix(in srgb, currentcolor 35%, transparent);
    text-underline-offset: 2px;
    border-radius: 2px;
  }
  .link-button:hover {
    text-decoration-color: currentcolor;
  }
  .button:disabled,
  .icon-button:disabled {
    opacity: 0.55;
    cursor: default;
    pointer-events: none;
  }
  @media (pointer: coarse) {
    .button:not(.small),
    .icon-button {
      min-height: 40px;
    }
    .icon-button {
      min-width: 40px;
    }
    .button.small {
      min-height: 34px;
    }
  }
`;

/**
 * `.field` (label above control), its `.label`, `.hint`, `.problem` (an error beside what it concerns),
 * and `.input` for text inputs, textareas and selects. 16 px on touch, or iOS zooms in.
 */
export const fieldStyles = css`
  .field {
    display: grid;
    gap: 6px;
    min-width: 0;
  }
  .label {
    font-size: var(--ap-size-s);
    font-weight: 600;
    color: var(--ap-text);
  }
  .label .optional {
    font-weight: 400;
    color: var(--ap-text-faint);
  }
  .hint {
    font-size: 0.78125rem;
    line-height: 1.45;
    color: var(--ap-text-muted);
  }
  .problem {
    display: flex;
    gap: 6px;
    align-items: baseline;
    font-size: var(--ap-size-s);
    line-height: 1.45;
    color: var(--ap-red);
  }
  .input {
    width: 100%;
    min-width: 0;
    min-height: 36px;
    padding: 0 10px;
    font: inherit;
    font-size: var(--ap-size-s);
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-m);
    transition: border-color var(--ap-fast);
  }
  textarea.input {
    padding: 8px 10px;
    line-height: var(--ap-line);
    resize: vertical;
  }
  .input::placeholder {
    color: var(--ap-text-faint);
    opacity: 1;
  }
  .input:hover {
    border-color: var(--ap-text-faint);
  }
  .input:focus-visible {
    outline: 2px solid var(--ap-accent);
    outline-offset: -1px;
    border-color: var(--ap-accent);
  }
  .input[aria-invalid='true'] {
    border-color: var(--ap-red);
  }
  @media (pointer: coarse) {
    .input {
      min-height: 42px;
      font-size: 1rem;
    }
  }
`;
