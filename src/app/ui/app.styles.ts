import { css } from 'lit';

export const appStyles = css`
  :host {
    display: grid;
    grid-template:
      'banners banners' auto
      'list stage' minmax(0, 1fr) / minmax(16rem, var(--ap-sidebar-width)) minmax(0, 1fr);
    height: 100dvh;
    color: var(--ap-text);
    background: var(--ap-bg);
    font-family: var(--ap-font);
    font-size: var(--ap-size-m);
    line-height: var(--ap-line);
    -webkit-font-smoothing: antialiased;
    text-rendering: optimizelegibility;
  }
  ap-banners {
    grid-area: banners;
  }
  ap-sidebar {
    grid-area: list;
    border-right: 1px solid var(--ap-border);
  }
  /* First in the order of Tab, and seen only there. */
  .skip {
    position: fixed;
    z-index: 30;
    top: -60px;
    left: 8px;
    padding: 8px 14px;
    font: inherit;
    font-size: var(--ap-size-s);
    font-weight: 600;
    color: var(--ap-text);
    background: var(--ap-bg-raised);
    border: 1px solid var(--ap-border-strong);
    border-radius: var(--ap-radius-m);
  }
  .skip:focus {
    top: 8px;
    box-shadow: var(--ap-shadow-2);
  }
  .stage {
    grid-area: stage;
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .panes {
    position: relative;
    flex: 1;
    min-height: 0;
  }
  /* Every visited session keeps its box, size and scroll position. Switching back shows what was laid out
     before (R34); and what was painted, where it is the one viewed last (controllers/panes.ts). */
  .pane {
    position: absolute;
    inset: 0;
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    contain: strict;
    will-change: opacity;
  }
  .pane:not(.shown) {
    opacity: 0;
  }
  /* What moves would cost frames that nobody sees. Not another moment than inert: either styles anew all that is inside. */
  .pane[inert] {
    --ap-play: paused;
  }
  .pane:not(.shown, [data-warm]) {
    content-visibility: hidden;
  }
  .page {
    grid-row: 2;
    grid-column: 1 / -1;
    overflow: auto;
  }
  :host(.narrow) {
    grid-template:
      'banners' auto
      'screen' minmax(0, 1fr) / minmax(0, 1fr);
  }
  :host(.narrow) ap-sidebar {
    border: 0;
  }
  :host(.narrow) ap-sidebar,
  :host(.narrow) .stage {
    grid-area: screen;
  }
  /* The screen that is not shown keeps its size, for the same reason as the panes. */
  :host(.narrow) .away {
    visibility: hidden;
    pointer-events: none;
  }
  @media (min-width: 1500px) {
    :host {
      --ap-sidebar-width: 372px;
    }
  }
  @media (max-width: 920px) {
    :host {
      --ap-sidebar-width: 292px;
    }
  }
`;
