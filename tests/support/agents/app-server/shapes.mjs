// What the scripted app-server says, as Codex 0.169 writes it.

export const commandItem = (id, command) => ({
  type: 'commandExecution',
  id,
  command: `/bin/bash -lc '${command}'`,
  cwd: process.cwd(),
  processId: null,
  source: 'agent',
  status: 'inProgress',
  commandActions: [{ type: 'unknown', command }],
  aggregatedOutput: null,
  exitCode: null,
  durationMs: null,
});

export const questionOf = (id, question, ...labels) => ({
  id,
  header: id,
  question,
  options: labels.map((label) => ({ label, description: '' })),
});

export const model = (name, isDefault, ...efforts) => ({
  id: name,
  model: name,
  displayName: name.toUpperCase(),
  description: `The ${name} model`,
  hidden: false,
  supportedReasoningEfforts: efforts.map((reasoningEffort) => ({
    reasoningEffort,
    description: '',
  })),
  defaultReasoningEffort: efforts[0],
  isDefault,
});
