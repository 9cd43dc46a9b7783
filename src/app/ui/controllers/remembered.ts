/** Small conveniences of this browser, kept in localStorage; losing them loses nothing. */
export function recall<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`aperture:ui:${name}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`aperture:ui:${name}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: then it is not remembered.
  }
}
