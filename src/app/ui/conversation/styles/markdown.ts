import { css } from 'lit';

/** What agents write. Element names are those that markdown/dom.ts creates, and no others. */
export const markdownStyles = css`
  /* Each paragraph has the direction of its own first letter. */
  .markdown :is(p, h3, h4, h5, h6, td, th, :not(code) > .part) {
    unicode-bidi: plaintext;
  }
  .part {
    display: block;
  }
  .markdown > * + :where(:not(.section)),
  .section > * {
    margin-top: 0.75em;
  }
  /* Passed over by layout and paint while what follows grows; the margin is for outlines. */
  .section {
    contain: content;
    overflow-clip-margin: 6px;
  }
  .markdown h3,
  .markdown h4,
  .markdown h5,
  .markdown h6 {
    margin: 1.35em 0 0;
    font-size: 1em;
    font-weight: 650;
    line-height: 1.35;
  }
  .markdown > :first-child {
    margin-top: 0;
  }
  .markdown [data-level='1'] {
    font-size: 1.25em;
    letter-spacing: -0.01em;
  }
  .markdown [data-level='2'] {
    font-size: 1.1em;
    letter-spacing: -0.005em;
  }
  .markdown :is(h3, h4, h5, h6) + * {
    margin-top: 0.45em;
  }
  .markdown a {
    color: var(--ap-accent);
    text-decoration: underline;
    text-decoration-color: color-mix(in srgb, currentcolor 35%, transparent);
    text-underline-offset: 2px;
  }
  .markdown a:hover {
    text-decoration-color: currentcolor;
  }
  .markdown strong {
    font-weight: 650;
  }
  .markdown ul,
  .markdown ol {
    padding-inline-start: 1.5em;
  }
  .markdown ul {
    list-style: disc;
  }
  .markdown ul ul {
    list-style: circle;
  }
  .markdown ol {
    list-style: decimal;
    font-variant-numeric: tabular-nums;
  }
  .markdown li::marker {
    color: var(--ap-text-faint);
  }
  .markdown li > * + *,
  .markdown li + li {
    margin-top: 0.25em;
  }
  .markdown li:has(> p > .task) {
    list-style: none;
  }
  .markdown .task {
    width: 0.95em;
    height: 0.95em;
    margin-block: 0;
    margin-inline: -1.4em 0.5em;
    vertical-align: -0.1em;
    accent-color: var(--ap-accent);
  }
  .markdown blockquote {
    margin-inline: 0;
    padding-inline-start: var(--ap-space-3);
    color: var(--ap-text-muted);
    border-inline-start: 3px solid var(--ap-border-strong);
  }
  .markdown blockquote > * + * {
    margin-top: 0.5em;
  }
  .markdown hr {
    margin: 1.5em 0;
    border: 0;
    border-top: 1px solid var(--ap-border);
  }
  .markdown :not(pre) > code {
    padding: 0.1em 0.35em;
    font-family: var(--ap-mono);
    font-size: 0.86em;
    background: var(--ap-code-bg);
    border: 1px solid var(--ap-border);
    border-radius: 4px;
    box-decoration-break: clone;
  }

  .code {
    overflow: hidden;
    background: var(--ap-code-bg);
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .code-head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    height: 28px;
    padding: 0 4px 0 12px;
    font-size: var(--ap-size-xs);
    color: var(--ap-text-faint);
    border-bottom: 1px solid var(--ap-border);
  }
  .code pre {
    margin: 0;
    padding: 10px 12px;
    overflow-x: auto;
    font: 0.8125rem/1.55 var(--ap-mono);
    tab-size: 4;
    overflow-wrap: normal;
    outline-offset: -2px;
  }
  .code code {
    display: block;
    font: inherit;
  }

  .table {
    max-width: 100%;
    overflow-x: auto;
    outline-offset: -2px;
    border: 1px solid var(--ap-border);
    border-radius: var(--ap-radius-m);
  }
  .table table {
    min-width: 100%;
    border-collapse: collapse;
    font-size: 0.9em;
    font-variant-numeric: tabular-nums;
    overflow-wrap: normal;
  }
  .table :is(th, td) {
    padding: 6px 12px;
    text-align: left;
    vertical-align: top;
    max-width: 34ch;
  }
  .table th {
    font-weight: 600;
    white-space: nowrap;
    background: var(--ap-bg-sunken);
  }
  .table tr + tr td,
  .table thead + tbody td {
    border-top: 1px solid var(--ap-border);
  }
  .table .center {
    text-align: center;
  }
  .table .right {
    text-align: right;
  }

  .image-load,
  .image-blocked {
    display: inline-flex;
    align-items: baseline;
    gap: var(--ap-space-2);
    max-width: 100%;
    padding: 3px 10px;
    font-size: var(--ap-size-s);
    color: var(--ap-text-muted);
    background: var(--ap-bg-sunken);
    border: 1px dashed var(--ap-border-strong);
    border-radius: var(--ap-radius-m);
  }
  .image-load {
    cursor: pointer;
  }
  .image-load::before {
    content: '';
    flex: none;
    align-self: center;
    width: 12px;
    height: 10px;
    border: 1.5px solid currentcolor;
    border-radius: 2px;
    background: radial-gradient(circle at 30% 35%, currentcolor 1.2px, transparent 1.4px);
  }
  .image-load:hover {
    color: var(--ap-text);
    background: var(--ap-bg-hover);
  }
  .image-load small {
    font-size: var(--ap-size-xs);
    color: var(--ap-text-faint);
  }
  .item img {
    display: block;
    max-width: 100%;
    max-height: 70vh;
    margin-top: var(--ap-space-2);
    border-radius: var(--ap-radius-m);
  }
  .unlinked {
    color: var(--ap-text-muted);
  }
`;
