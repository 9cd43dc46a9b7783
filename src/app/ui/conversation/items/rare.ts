import type { GapItem, RawItem } from '../../../../core/session/transcript.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import { jsonFold } from './json-fold.ts';
import { FixedView } from './small.ts';

export class GapView extends FixedView<GapItem> {
  protected draw(): void {
    const { from, to } = this.item;
    this.element.classList.add('gap');
    const range = from === to ? `Message ${from}` : `Messages ${from}–${to}`;
    this.element.textContent = `${range} of this conversation could not be recovered`;
  }
}

export class RawView extends FixedView<RawItem> {
  protected draw(): void {
    const { method, payload } = this.item;
    this.element.classList.add('raw');
    this.element.append(jsonFold(cleanText(method), payload));
  }
}
