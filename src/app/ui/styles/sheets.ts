declare global {
  /** Those of each chunk behind the first frame, in the order in which the build wrote them (src/build/styles.ts). */
  var pageSheets: readonly (readonly string[])[] | undefined;
}

let coming: Promise<void> | undefined;

/**
 * Resolves when the style sheets of the components behind the first frame are there, so that nothing is ever drawn
 * unstyled. A build keeps them in a file of their own, which the page names and the browser fetches beside the
 * scripts; elsewhere they stand in their modules. Rejects when the file cannot be fetched; may be asked again.
 */
export function componentStyles(): Promise<void> {
  return (coming ??= read().catch((error: unknown) => {
    coming = undefined;
    throw error;
  }));
}

async function read(): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>('link[as=fetch]');
  if (!link) return;
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(`Style sheets: ${answer.status}`);
  globalThis.pageSheets = (await answer.text()).split('/*|*/').map((chunk) => chunk.split('/**/'));
}
