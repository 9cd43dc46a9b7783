import { svg } from 'lit';
import { icon, path } from './icons.ts';

// Icons of the set that come with the first session: only what shows one has them.

export const more = icon(
  svg`<circle cx="3.4" cy="8" r="1.3" /><circle cx="8" cy="8" r="1.3" /><circle cx="12.6" cy="8" r="1.3" />`,
  { fill: true },
);
export const back = path('M9.8 3.4L5.2 8l4.6 4.6');
export const stop = icon(svg`<rect x="4" y="4" width="8" height="8" rx="1.6" />`, { fill: true });
export const send = path('M8 13V3.4M3.8 7.4L8 3.2l4.2 4.2');
export const clock = icon(svg`<circle cx="8" cy="8" r="5.6" /><path d="M8 4.8V8l2.2 1.4" />`);
export const refresh = path('M13 8a5 5 0 1 1-1.6-3.7M13 2.8v2.6h-2.6');
export const arrowDown = path('M8 3.2v9.4M3.8 8.6L8 12.8l4.2-4.2');
