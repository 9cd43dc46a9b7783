import { runWorkspaceAgent } from '../../../src/gateway/workspace/main.ts';

// The built-in agent alone, for tests that start it as a process of its own.
await runWorkspaceAgent();
