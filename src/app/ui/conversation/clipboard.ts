/**
 * Copies text; resolves to whether it worked. The modern way exists on secure pages only, so the old one is
 * the fallback for a gateway that is reached over plain http.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'vh';
  area.setAttribute('aria-hidden', 'true');
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}

/** Shows on the button for a moment what became of it. */
export function confirmCopied(button: HTMLElement, worked: boolean): void {
  const before = button.textContent;
  if (button.dataset['state']) return;
  button.dataset['state'] = worked ? 'done' : 'failed';
  button.textContent = worked ? 'Copied' : 'Not copied';
  setTimeout(() => {
    delete button.dataset['state'];
    button.textContent = before;
  }, 1_600);
}
