import { test as base, expect } from '@playwright/test';
import { GatewayProcess, type GatewayOptions } from '../support/gateway-process.ts';
import { App } from './app.ts';

interface Fixtures {
  /** How this test's gateway is started; set with `test.use({ gatewayOptions: … })`. */
  gatewayOptions: GatewayOptions;
  /** A gateway of this test's own. */
  gateway: GatewayProcess;
  app: App;
  /** Ten sessions with titles S0 to S9. */
  ten: string[];
}

export const test = base.extend<Fixtures>({
  gatewayOptions: [{}, { option: true }],

  gateway: async ({ gatewayOptions }, use) => {
    const gateway = await GatewayProcess.start(gatewayOptions);
    await use(gateway);
    await gateway.dispose();
  },

  app: async ({ page, gateway }, use) => {
    const app = new App(page, gateway);
    await use(app);
    // No test is about an error that the page did not foresee.
    expect(app.errors).toEqual([]);
  },

  ten: async ({ gateway }, use) => {
    const sessions = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        gateway.createSession(`S${index}`, 'scripted', `project-${index}`),
      ),
    );
    await use(sessions.map((session) => session.id));
  },
});

export { expect };
