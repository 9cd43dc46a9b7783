import { svg, html, type TemplateResult } from 'lit';

/**
 * The icon set: own drawings on a 16-unit grid, 1.5 strokes, round ends, in the text's colour.
 * Always decorative: the control that holds one carries the name.
 */
export const icon = (
  shape: TemplateResult,
  { size = 16, fill = false }: { size?: number; fill?: boolean } = {},
): TemplateResult =>
  html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 16 16"
    aria-hidden="true"
    fill=${fill ? 'currentColor' : 'none'}
    stroke=${fill ? 'none' : 'currentColor'}
    stroke-width="1.5"
    stroke-linecap="round"
    stroke-linejoin="round"
  >
    ${shape}
  </svg>`;

export const path = (d: string) => icon(svg`<path d=${d} />`);

// Status glyphs (R33): the shapes differ, not only the colours.
export const statusConnected = icon(svg`<circle cx="8" cy="8" r="4" />`, { fill: true });
export const statusStreaming = icon(
  svg`<path d="M12.9 6.4A5.2 5.2 0 0 0 3.6 5.3M3.1 9.6a5.2 5.2 0 0 0 9.3 1.1" /><path d="M3.3 2.6v2.9h2.9M12.7 13.4v-2.9H9.8" />`,
);
export const statusReconnecting = icon(
  svg`<circle cx="8" cy="8" r="4.6" /><path d="M8 3.4a4.6 4.6 0 0 1 0 9.2z" fill="currentColor" stroke="none" />`,
);
export const statusDisconnected = icon(svg`<circle cx="8" cy="8" r="4" />`);
export const statusError = path('M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6');
export const statusEnded = path('M4 8h8');
export const star = icon(
  svg`<path d="M8 2.2l1.75 3.7 4.05.52-2.97 2.8.76 4L8 11.27 4.41 13.2l.76-3.99-2.97-2.8 4.05-.52z" />`,
  { fill: true, size: 12 },
);

export const plus = path('M8 3.2v9.6M3.2 8h9.6');
export const search = icon(svg`<circle cx="7" cy="7" r="4.2" /><path d="M10.2 10.2L13.4 13.4" />`);
export const settings = icon(
  svg`<path d="M2.5 4.8h5M11.5 4.8h2M2.5 11.2h2M8.5 11.2h5" /><circle cx="9.5" cy="4.8" r="1.9" /><circle cx="6.5" cy="11.2" r="1.9" />`,
);
export const command = icon(svg`<path d="M3 5.2l2.8 2.8L3 10.8M8 11h5" />`);
export const help = icon(
  svg`<path d="M5.6 6a2.4 2.4 0 1 1 3.5 2.1c-.7.4-1.1.8-1.1 1.6" /><path d="M8 12.4v.1" stroke-width="1.8" />`,
);
export const pencil = path('M3 13l.6-2.7 7-7a1.2 1.2 0 0 1 1.7 0l.4.4a1.2 1.2 0 0 1 0 1.7l-7 7z');
export const close = path('M4 4l8 8M12 4l-8 8');
export const warning = icon(
  svg`<path d="M8 2.8l5.8 10.1H2.2z" /><path d="M8 6.8v2.6M8 11.3v.1" />`,
);
export const info = icon(svg`<circle cx="8" cy="8" r="5.6" /><path d="M8 7.4v3.4M8 5.1v.1" />`);
export const folder = path(
  'M2.4 12V4.4a1 1 0 0 1 1-1h2.8l1.6 1.8h4.8a1 1 0 0 1 1 1V12a1 1 0 0 1-1 1H3.4a1 1 0 0 1-1-1z',
);
export const plug = path('M5.6 2.6v3M10.4 2.6v3M3.8 5.6h8.4v1.8a4.2 4.2 0 0 1-8.4 0zM8 11.6v2');
export const unplug = path(
  'M5.6 2.6v3M10.4 2.6v3M3.8 5.6h8.4v1.8a4.2 4.2 0 0 1-8.4 0zM8 11.6v2M2.6 13.4L13.4 2.6',
);

/** The seams of the mark: each blade's edge, from one corner of the open hexagon to the rim. */
export const SEAMS =
  'M22.18 17.66L11.6 28.23M17.66 22.18L3.21 18.31M11.47 20.53L7.6 6.08M9.82 14.34L20.4 3.77M14.34 9.82L28.79 13.69M20.53 11.47L24.4 25.92';

/** The mark: an iris of six blades around an open centre, on a 32-unit grid. */
export const mark = (size = 22): TemplateResult =>
  html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 32 32"
    aria-hidden="true"
    fill="none"
    stroke="currentColor"
    stroke-width=${size < 40 ? 2.2 : 1.5}
    stroke-linecap="round"
  >
    <circle cx="16" cy="16" r="13" />
    <path d=${SEAMS} />
  </svg>`;
