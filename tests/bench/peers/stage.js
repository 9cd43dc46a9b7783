/** The same box for everybody: as wide as the product's conversation, and following the end as it does. */
export function stage() {
  document.body.style.margin = '0';
  const scroller = document.createElement('div');
  scroller.style.cssText = 'height: 100vh; overflow: auto; font: 15px/1.55 system-ui';
  const content = document.createElement('div');
  content.style.cssText = 'max-width: 720px; margin: 0 auto; padding: 24px';
  scroller.append(content);
  document.body.append(scroller);
  return { content, follow: () => (scroller.scrollTop = scroller.scrollHeight) };
}
