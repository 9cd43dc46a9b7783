import type { LitElement, PropertyDeclaration } from 'lit';

// Lit's own, for the one kind of decorators that this project is compiled with: those of `lit/decorators.js` serve
// two kinds, and are four times as long.

type Class = typeof LitElement;

/** Defines an element. */
export const customElement =
  (name: string) =>
  (element: CustomElementConstructor): void =>
    customElements.define(name, element);

/** A field that renders its element when it changes. */
export const property =
  (options: PropertyDeclaration) =>
  (element: LitElement, name: string): void =>
    (element.constructor as Class).createProperty(name, options);

/** The same, for what only the element itself sets. */
export const state = () => property({ state: true, attribute: false });

/** The first element inside that matches; null until it is rendered. */
export const query =
  (selector: string) =>
  (element: LitElement, name: string): void => {
    Object.defineProperty(element, name, {
      get(this: LitElement) {
        return this.renderRoot?.querySelector(selector) ?? null;
      },
    });
  };
