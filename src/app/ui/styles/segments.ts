import { css } from 'lit';

/** `.segments`: a few choices side by side, radio buttons under their words. */
export const segmentStyles = css`
  .segments {
    display: inline-flex;
    flex-wrap: wrap;
    justify-self: start;
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
`;
