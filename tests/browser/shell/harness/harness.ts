// A page to look at the shell with invented sessions: `npx vite` and open this folder. `?scene=` picks
// one of the scenes below.
import { ApApp } from '../../../../src/app/ui/app.ts';
import { FakeStore, tenSessions } from '../fake-store.ts';

const scenes: Record<string, () => FakeStore> = {
  ten: tenSessions,
  empty: () => new FakeStore(),
  none() {
    const fake = tenSessions();
    fake.activeSessionId.value = undefined;
    return fake;
  },
  unset() {
    const fake = new FakeStore();
    fake.endpoint.value = { status: 'unset', url: '' };
    return fake;
  },
  trouble() {
    const fake = tenSessions();
    fake.endpoint.value = {
      status: 'unreachable',
      url: 'http://127.0.0.1:4800',
      error: {
        code: 'unreachable',
        message: 'Nothing answers at http://127.0.0.1:4800. Is “npx aperture” running?',
        retryable: true,
      },
      attempt: 4,
      retryAt: Date.now() + 12_000,
    };
    fake.storage.value = { mode: 'memory', reason: 'The disk is full.' };
    fake.toasts.value = [
      {
        id: '1',
        level: 'info',
        text: '“Old prototype” was deleted on the gateway.',
        action: { label: 'Keep copy', run() {} },
      },
      {
        id: '2',
        level: 'error',
        text: 'The answer could not be sent. It is kept and can be sent again.',
      },
    ];
    return fake;
  },
};

const query = new URLSearchParams(location.search);
const fake = scenes[query.get('scene') ?? 'ten']!();
const app = new ApApp();
app.store = fake.store;
app.actions = fake.actions;
document.body.append(app);
Object.assign(window, { fake });
