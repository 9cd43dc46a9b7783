// Named, not passed: where storage is forbidden, even touching the object throws.
type Place = 'localStorage' | 'sessionStorage';

/** Small conveniences of this browser, kept in localStorage unless told otherwise; losing them loses nothing. */
export function recall<T>(name: string, fallback: T, place: Place = 'localStorage'): T {
  try {
    const text = window[place].getItem(`aperture:ui:${name}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** `undefined` forgets it. */
export function remember(name: string, value: unknown, place: Place = 'localStorage'): void {
  try {
    if (value === undefined) window[place].removeItem(`aperture:ui:${name}`);
    else window[place].setItem(`aperture:ui:${name}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: then it is not remembered.
  }
}
