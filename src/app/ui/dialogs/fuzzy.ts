/**
 * How well `query`'s characters appear, in order, in `text`; `undefined` when they do not. Higher is
 * better: the beginnings of words and unbroken runs count most, and short texts before long ones.
 */
export function fuzzyScore(query: string, text: string): number | undefined {
  const wanted = query.toLowerCase().replace(/\s+/g, '');
  const inside = text.toLowerCase();
  let score = 0;
  let at = -1;
  for (const character of wanted) {
    const found = inside.indexOf(character, at + 1);
    if (found < 0) return undefined;
    if (found === at + 1) score += 4;
    if (found === 0 || /[\s/_.:-]/.test(inside[found - 1]!)) score += 6;
    score -= Math.min(found - at - 1, 8) * 0.25;
    at = found;
  }
  const whole = inside.indexOf(query.trim().toLowerCase());
  if (whole >= 0 && wanted) score += whole === 0 ? 16 : 10;
  return score - inside.length * 0.02;
}
