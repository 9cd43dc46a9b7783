import { ApertureError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Model, Shape } from './protocol.ts';

interface Choice {
  value: string;
  name: string;
  description?: string;
}

const APPROVALS: readonly Choice[] = [
  {
    value: 'untrusted',
    name: 'Ask often',
    description: 'Only commands that are known to read and do nothing else run unasked.',
  },
  {
    value: 'on-request',
    name: 'Ask when needed',
    description: 'It asks when it wants to leave its sandbox.',
  },
  {
    value: 'never',
    name: 'Never ask',
    description: 'What its sandbox does not let it do fails.',
  },
];

const SANDBOXES: readonly (Choice & { type: string })[] = [
  { value: 'read-only', type: 'readOnly', name: 'Read only' },
  {
    value: 'workspace-write',
    type: 'workspaceWrite',
    name: 'Write in its directory',
    description: 'Changes files in the session’s directories, without network.',
  },
  {
    value: 'danger-full-access',
    type: 'dangerFullAccess',
    name: 'Full access',
    description: 'No sandbox: every file that you can reach, and the network.',
  },
];

type Override = 'model' | 'effort' | 'approvalPolicy' | 'sandboxPolicy';

/**
 * The thread's settings, as ACP's config options. Codex takes a change with the next turn, and for all that follow;
 * until then it is kept here.
 */
export class ThreadSettings {
  #models: readonly Model[] = [];
  #model: string | undefined;
  #effort: string | undefined;
  #approval: unknown;
  #sandbox: JsonObject | undefined;
  /** As the user's own configuration has it, for whoever comes back to that kind. */
  #ownSandbox: JsonObject | undefined;
  #overrides: Partial<Record<Override, unknown>> = {};

  constructor(private readonly writableRoots: readonly string[]) {}

  /** As the agent says they are. What was changed here since, and not yet sent, stays changed. */
  told(told: Shape<'settings'>): void {
    const { model, approvalPolicy, sandbox, sandboxPolicy, reasoningEffort, effort } = told;
    const kept = this.#overrides;
    if (!('model' in kept)) this.#model = model ?? this.#model;
    if (!('effort' in kept)) this.#effort = reasoningEffort ?? effort ?? this.#effort;
    if (!('approvalPolicy' in kept)) this.#approval = approvalPolicy ?? this.#approval;
    const policy = sandbox ?? sandboxPolicy;
    this.#ownSandbox ??= policy ?? undefined;
    if (!('sandboxPolicy' in kept)) this.#sandbox = policy ?? this.#sandbox;
  }

  set models(models: readonly Model[]) {
    this.#models = models;
  }

  /** ACP's `configOptions`. */
  get options(): JsonObject[] {
    const efforts = this.#efforts;
    return [
      ...(this.#model === undefined
        ? []
        : [select('model', 'Model', 'model', this.#model, this.#modelChoices)]),
      ...(efforts.length > 1 && this.#effort !== undefined
        ? [select('effort', 'Reasoning', 'thought_level', this.#effort, efforts)]
        : []),
      select('approvals', 'Approvals', 'permissions', this.#approvalValue, APPROVALS),
      select('sandbox', 'Sandbox', 'permissions', this.#sandboxValue, SANDBOXES),
    ];
  }

  /** @throws ApertureError `setting_refused` */
  change(id: unknown, value: unknown): void {
    const option = this.options.find((each) => each['id'] === id);
    const choices = (option?.['options'] ?? []) as Choice[];
    if (typeof value !== 'string' || !choices.some((choice) => choice.value === value)) {
      throw new ApertureError(
        'setting_refused',
        'The agent has no such setting, or no such value.',
      );
    }
    if (id === 'model') this.#changeModel(value);
    else if (id === 'effort') this.#overrides.effort = this.#effort = value;
    else if (id === 'approvals') {
      if (value !== this.#approvalValue) this.#overrides.approvalPolicy = this.#approval = value;
    } else if (value !== this.#sandboxValue) {
      this.#overrides.sandboxPolicy = this.#sandbox = this.#policyFor(value);
    }
  }

  /** What the next turn has to be told; `taken` when it was. */
  forTurn(): { params: JsonObject; taken: () => void } {
    const sent = { ...this.#overrides };
    return {
      params: sent,
      taken: () => {
        for (const [key, value] of Object.entries(sent) as [Override, unknown][]) {
          if (this.#overrides[key] === value) delete this.#overrides[key];
        }
      },
    };
  }

  get #current(): Model | undefined {
    return this.#models.find(({ model }) => model === this.#model);
  }

  get #modelChoices(): Choice[] {
    const shown = this.#models.filter(({ hidden, model }) => !hidden || model === this.#model);
    return [
      ...(this.#current || this.#model === undefined
        ? []
        : [{ value: this.#model, name: this.#model }]),
      ...shown.map(({ model, displayName, description }) => ({
        value: model,
        name: displayName ?? model,
        ...(description && { description }),
      })),
    ];
  }

  get #efforts(): Choice[] {
    const own = (this.#current?.supportedReasoningEfforts ?? []).map(
      ({ reasoningEffort, description }) => ({
        value: reasoningEffort,
        name: reasoningEffort,
        ...(description && { description }),
      }),
    );
    this.#effort ??= this.#current?.defaultReasoningEffort ?? undefined;
    const known = own.some(({ value }) => value === this.#effort);
    return known || this.#effort === undefined
      ? own
      : [{ value: this.#effort, name: this.#effort }, ...own];
  }

  get #approvalValue(): string {
    return typeof this.#approval === 'string' ? this.#approval : 'configured';
  }

  get #sandboxValue(): string {
    const type = this.#sandbox?.['type'];
    return SANDBOXES.find((each) => each.type === type)?.value ?? 'configured';
  }

  #changeModel(model: string): void {
    this.#overrides.model = this.#model = model;
    const { supportedReasoningEfforts = [], defaultReasoningEffort } = this.#current ?? {};
    const fits = (supportedReasoningEfforts ?? []).some(
      ({ reasoningEffort }) => reasoningEffort === this.#effort,
    );
    if (fits || !defaultReasoningEffort) return;
    this.#overrides.effort = this.#effort = defaultReasoningEffort;
  }

  #policyFor(value: string): JsonObject {
    const { type } = SANDBOXES.find((each) => each.value === value)!;
    if (this.#ownSandbox?.['type'] === type) return this.#ownSandbox;
    if (type === 'readOnly') return { type, networkAccess: false };
    if (type === 'dangerFullAccess') return { type };
    return {
      type,
      writableRoots: [...this.writableRoots],
      networkAccess: false,
      excludeTmpdirEnvVar: false,
      excludeSlashTmp: false,
    };
  }
}

/** A value that is none of the choices is one of the user's own configuration, and stands first. */
function select(
  id: string,
  name: string,
  category: string,
  currentValue: string,
  choices: readonly Choice[],
): JsonObject {
  const known = choices.some(({ value }) => value === currentValue);
  const own: Choice = { value: currentValue, name: 'As configured' };
  const options = [...(known ? [] : [own]), ...choices].map(
    ({ value, name: shown, description }) => ({
      value,
      name: shown,
      ...(description !== undefined && { description }),
    }),
  );
  return { id, name, category, type: 'select', currentValue, options };
}
