import { css } from 'lit';

/** The scroller, the column, messages, thoughts, and what stands between them. */
export const transcriptStyles = css`
  :host {
    position: relative;
    display: block;
    min-height: 0;
    font-size: var(--ap-size-m);
    line-height: var(--ap-line);
    color: var(--ap-text);
  }
  .scroller {
    height: 100%;
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    /* On both sides, so that the column stands above the composer's. */
    scrollbar-gutter: stable both-edges;
    outline: none;
  }
  .content {
    display: flow-root;
    min-height: 100%;
    max-width: calc(var(--ap-measure) + 2 * var(--ap-gutter));
    margin: 0 auto;
    padding: var(--ap-space-5) var(--ap-gutter) var(--ap-space-5);
    --ap-gutter: var(--ap-space-5);
  }
  .log {
    display: flow-root;
  }
  .older {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: var(--ap-space-2);
    height: 44px;
    overflow: hidden;
    color: var(--ap-text-muted);
  }

  .item {
    margin-top: var(--ap-space-3);
    contain: layout style;
    overflow-wrap: anywhere;
  }
  .item:first-child {
    margin-top: 0;
  }

  /* Messages */
  .message {
    position: relative;
  }
  .message.user {
    width: fit-content;
    max-width: 86%;
    margin: var(--ap-space-6) 0 var(--ap-space-5) auto;
    padding: 9px 14px;
    background: var(--ap-accent-soft);
    border-radius: var(--ap-radius-l) var(--ap-radius-l) var(--ap-radius-s) var(--ap-radius-l);
  }
  .message.user:first-child {
    margin-top: 0;
  }
  /* Whose it is, for who hears it. Clipped as elsewhere it would be three nodes of paint in each message. */
  .who {
    display: block;
    height: 1px;
    margin-bottom: -1px;
    font-size: 1px;
    line-height: 1px;
    color: transparent;
    user-select: none;
    pointer-events: none;
  }
  .plain {
    white-space: pre-wrap;
    unicode-bidi: plaintext;
  }
  .message.assistant + .message.assistant {
    margin-top: var(--ap-space-4);
  }
  .message.assistant + .tool,
  .tool + .message.assistant {
    margin-top: var(--ap-space-4);
  }
  .message-foot {
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: var(--ap-space-2);
    padding: 2px 2px 2px 8px;
    font-size: var(--ap-size-xs);
    color: var(--ap-text-faint);
    white-space: nowrap;
  }
  .message:is(:hover, :focus-within) > .message-foot {
    position: absolute;
    right: 0;
    top: 100%;
    z-index: 1;
  }
  @media (hover: hover) {
    /* Neither seen nor a layer of its own while nobody is at the message, but Tab comes to its button. */
    .message:not(:hover, :focus-within) > .message-foot {
      align-items: flex-start;
      width: 0;
      height: 0;
      margin-left: auto;
      padding: 0;
      font-size: 0;
    }
  }
  .message-foot > .copy {
    font-size: inherit;
  }
  /* Below the last line, never over it. */
  .message.assistant > .message-foot {
    background: var(--ap-bg);
    border-radius: var(--ap-radius-s);
  }
  .message[data-live] > .message-foot {
    display: none;
  }
  .copy {
    padding: 2px 7px;
    font-size: var(--ap-size-xs);
    line-height: 1.5;
    color: var(--ap-text-muted);
    background: none;
    border: 0;
    border-radius: var(--ap-radius-s);
    cursor: pointer;
  }
  .copy:hover {
    color: var(--ap-text);
    background: var(--ap-bg-hover);
  }
  .copy[data-state='done'] {
    color: var(--ap-green);
  }
  .copy[data-state='failed'] {
    color: var(--ap-red);
  }
  /* Where the text is growing. */
  .message[data-live] :is(.markdown, .section:last-child) > p:last-child:not(.parted)::after,
  .message[data-live] :is(.markdown, .section:last-child) > p:last-child > .part:last-child::after {
    content: '';
    display: inline-block;
    width: 0.5em;
    height: 1.05em;
    margin-left: 3px;
    vertical-align: -0.18em;
    background: var(--ap-accent);
    border-radius: 2px;
    opacity: 0.55;
  }

  .discarded {
    font-style: italic;
    color: var(--ap-text-muted);
  }

  /* Thoughts */
  .thought {
    font-size: var(--ap-size-s);
    color: var(--ap-text-faint);
  }
  .thought-head {
    display: flex;
    align-items: baseline;
    gap: var(--ap-space-2);
    max-width: 100%;
    margin-left: -6px;
    padding: 1px 6px;
    text-align: left;
    color: inherit;
    background: none;
    border: 0;
    border-radius: var(--ap-radius-s);
    cursor: pointer;
  }
  .thought-head:hover {
    color: var(--ap-text-muted);
    background: var(--ap-bg-hover);
  }
  .thought-label {
    flex: none;
    font-weight: 550;
  }
  .thought-label::before {
    content: '';
    display: inline-block;
    width: 5px;
    height: 5px;
    margin: 0 7px 2px 1px;
    border: solid currentcolor;
    border-width: 0 1.5px 1.5px 0;
    transform: rotate(-45deg);
    transition: transform var(--ap-fast);
  }
  .thought-head[aria-expanded='true'] .thought-label::before {
    transform: translateY(-2px) rotate(45deg);
  }
  .thought[data-live] .thought-label {
    color: var(--ap-blue);
  }
  .thought-tail {
    overflow: hidden;
    font-style: italic;
    white-space: nowrap;
    direction: rtl;
    text-overflow: ellipsis;
    unicode-bidi: plaintext;
  }
  .thought-body {
    margin: var(--ap-space-1) 0 0 5px;
    padding-left: var(--ap-space-3);
    color: var(--ap-text-muted);
    border-left: 2px solid var(--ap-border);
  }

  /* Between turns */
  .turn-end {
    display: flex;
    align-items: center;
    gap: 4px;
    margin-top: var(--ap-space-4);
    font-size: var(--ap-size-xs);
    font-variant-numeric: tabular-nums;
    color: var(--ap-text-faint);
  }
  .turn-end::after {
    content: '';
    flex: 1;
    height: 1px;
    margin-left: 6px;
    background: var(--ap-border);
  }
  .turn-end.warning > span {
    color: var(--ap-amber);
    font-weight: 550;
  }
  .turn-end time:not(:empty)::before {
    content: '· ';
  }
  .new-divider {
    display: flex;
    align-items: center;
    gap: var(--ap-space-2);
    margin: var(--ap-space-4) 0;
    font-size: var(--ap-size-xs);
    font-weight: 650;
    letter-spacing: 0.04em;
    text-transform: uppercase;
    color: var(--ap-red);
  }
  .new-divider::before,
  .new-divider::after {
    content: '';
    flex: 1;
    height: 1px;
    background: color-mix(in srgb, var(--ap-red) 40%, transparent);
  }
  .gap {
    padding: var(--ap-space-2) var(--ap-space-3);
    font-size: var(--ap-size-s);
    text-align: center;
    color: var(--ap-amber);
    border: 1px dashed color-mix(in srgb, var(--ap-amber) 55%, transparent);
    border-radius: var(--ap-radius-m);
  }

  .pill {
    position: absolute;
    left: 50%;
    bottom: var(--ap-space-3);
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 34px;
    height: 34px;
    padding: 0 9px;
    justify-content: center;
    font-size: var(--ap-size-s);
    font-weight: 550;
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: 17px;
    box-shadow: var(--ap-shadow-2);
    transform: translateX(-50%);
    cursor: pointer;
  }
  .pill:hover {
    background: var(--ap-bg-hover);
  }
  .pill[aria-label='New messages'] {
    padding: 0 11px 0 14px;
    color: var(--ap-on-accent);
    background: var(--ap-accent);
    border-color: transparent;
  }
  .pill[aria-label='New messages']:hover {
    background: var(--ap-accent-hover);
  }

  @media (max-width: 640px) {
    .content {
      --ap-gutter: 14px;
      padding-top: var(--ap-space-4);
    }
    .message.user {
      max-width: 92%;
    }
  }
  @media (hover: none) {
    /* No pointer to hover with: the answer's last message keeps its button in sight, the rest stays calm. */
    .message > .message-foot {
      display: none;
    }
    .message.assistant:has(+ .turn-end) > .message-foot {
      position: static;
      display: flex;
    }
  }
`;
