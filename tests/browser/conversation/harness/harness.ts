// A page to look at the conversation with invented content: `npx vite` and open this folder. `?scene=` picks
// one of the scenes below, `&theme=dark` the theme.
import { FakeSession, mount } from '../fake.ts';
import { scenes } from './scenes.ts';

const query = new URLSearchParams(location.search);
document.documentElement.dataset['theme'] = query.get('theme') ?? 'light';
const fake = new FakeSession();
const host = document.createElement('div');
host.style.cssText = 'height: 100%;';
document.body.append(host);
const scene = scenes[query.get('scene') ?? 'work'];
if (!scene) throw new Error(`no such scene; there are ${Object.keys(scenes).join(', ')}`);
scene(fake);
const { scroller } = await mount(fake, host);
const top = query.get('top');
if (top !== null) {
  setTimeout(() => {
    scroller.scrollTop = Number(top);
  }, 300);
}
