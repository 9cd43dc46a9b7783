import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Transcript } from '../../../../core/session/transcript.ts';

/** Made when the first agent tells: it takes milliseconds. */
let numbers: Intl.NumberFormat | undefined;
/** Circumference of the ring. */
const ROUND = 2 * Math.PI * 5;

/** How full the agent's context is, and what the session has cost, as far as the agent tells. */
export function usageMeter(usage: Transcript['usage']): TemplateResult | typeof nothing {
  if (!usage || usage.size <= 0) return nothing;
  const share = Math.min(1, Math.max(0, usage.used / usage.size));
  const percent = Math.round(share * 100);
  const cost = usage.cost ? ` · ${money(usage.cost)}` : '';
  numbers ??= new Intl.NumberFormat();
  const words = `Context: ${numbers.format(usage.used)} of ${numbers.format(usage.size)} tokens${cost}`;
  return html`<span
    class="usage tnum ${share > 0.9 ? 'full' : share > 0.75 ? 'high' : ''}"
    role="img"
    aria-label=${words}
    title=${words}
  >
    <svg
      width="14"
      height="14"
      viewBox="0 0 14 14"
      fill="none"
      stroke-width="2.5"
      aria-hidden="true"
    >
      ${svg`<circle cx="7" cy="7" r="5" class="track" /><circle cx="7" cy="7" r="5" class="fill"
        transform="rotate(-90 7 7)" stroke-dasharray="${(share * ROUND).toFixed(2)} ${ROUND.toFixed(2)}" />`}
    </svg>
    ${percent}%${usage.cost ? html`<span class="cost">${money(usage.cost)}</span>` : nothing}
  </span>`;
}

function money({ amount, currency }: { amount: number; currency: string }): string {
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount);
  } catch {
    // Not a currency that the browser knows.
    return `${amount.toFixed(2)} ${currency.slice(0, 8)}`;
  }
}
