import { html } from 'lit';

/** A branch that leaves a line; drawn as the others in `icons.ts`, but not part of the first load. */
export const branchIcon = html`<svg
  width="16"
  height="16"
  viewBox="0 0 16 16"
  aria-hidden="true"
  fill="none"
  stroke="currentColor"
  stroke-width="1.5"
  stroke-linecap="round"
>
  <circle cx="4.6" cy="3.6" r="1.6" />
  <circle cx="4.6" cy="12.4" r="1.6" />
  <circle cx="11.4" cy="5" r="1.6" />
  <path d="M4.6 5.2v5.6M11.4 6.6c0 2.4-6.8 1.6-6.8 4.2" />
</svg>`;
