import { svg } from 'lit';
import { icon, path } from './icons.ts';

// Icons of the set that nothing in the first load shows.

export const copy = icon(
  svg`<rect x="5.6" y="5.6" width="7.6" height="7.6" rx="1.6" /><path d="M10.4 3.4a1 1 0 0 0-1-.6H4.4a1.6 1.6 0 0 0-1.6 1.6v5a1 1 0 0 0 .6 1" />`,
);
export const terminal = icon(
  svg`<rect x="2.2" y="3" width="11.6" height="10" rx="1.8" /><path d="M5 6.4l1.8 1.7L5 9.8M8.6 10h2.4" />`,
);
export const file = path('M4 2.6h5l3.2 3.2v7.6H4zM9 2.6v3.2h3.2');
export const mail = icon(
  svg`<rect x="2.4" y="3.6" width="11.2" height="8.8" rx="1.6" /><path d="M3 5l5 4 5-4" />`,
);
export const chevron = path('M4.2 6.2L8 10l3.8-3.8');
export const check = path('M3.4 8.4l3 3 6.2-6.6');
export const hand = icon(svg`<circle cx="8" cy="8" r="5.6" /><path d="M8 4.8v3.8M8 11v.1" />`);
export const trash = path('M3.2 4.6h9.6M6.4 4.4V3h3.2v1.4M4.6 4.8l.6 8.2h5.6l.6-8.2');
