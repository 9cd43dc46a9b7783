import { isObject, type JsonObject } from '../../../core/json.ts';
import { oneLine } from '../../../core/text/sanitise.ts';

/** Modes in which agents are known to act without asking: Claude Code, Codex, Gemini CLI, Qwen Code. */
const SILENT = new Set(['bypassPermissions', 'dontAsk', 'full-access', 'yolo']);
/** What descriptions of such modes say. */
const WORDS =
  /without (?:asking|approval|permission|confirm)|bypass(?:es)? (?:all )?permission|never asks?\b|(?:all|every) (?:tools?|actions?|commands?) (?:are |is )?(?:automatically )?approved/i;

/**
 * A mode can hide approvals: the agent does what it wants and nobody is asked. That it asks nothing looks like that
 * it needs nothing, so a page is told when such a mode begins, whoever chose it.
 *
 * Seen: codex-acp 0.16.0 `full-access` (the exchange is recorded), claude-agent-acp `bypassPermissions`, Gemini CLI `yolo`.
 */
export class SilentModes {
  #modes: JsonObject[] = [];
  #current: unknown;

  /** @param tell what the reader is to know. */
  constructor(
    private readonly title: string,
    private readonly tell: (text: string) => void,
  ) {}

  /** What `session/new`, `load` or `resume` answered. */
  opened({ modes, configOptions }: JsonObject): void {
    if (isObject(modes) && Array.isArray(modes['availableModes'])) {
      this.#modes = modes['availableModes'].filter(isObject);
      this.#is(modes['currentModeId']);
    }
    this.#options(configOptions);
  }

  updated({ sessionUpdate, currentModeId, configOptions }: JsonObject): void {
    if (sessionUpdate === 'current_mode_update') this.#is(currentModeId);
    if (sessionUpdate === 'config_option_update') this.#options(configOptions);
  }

  /** The agent took a change. */
  set(method: string, params: JsonObject, answer: JsonObject): void {
    if (method === 'session/set_mode') this.#is(params['modeId']);
    if (method === 'session/set_config_option') this.#options(answer['configOptions']);
  }

  #options(options: unknown): void {
    if (!Array.isArray(options)) return;
    const mode = options.filter(isObject).find(({ category }) => category === 'mode');
    if (!mode || !Array.isArray(mode['options'])) return;
    // They may stand under headings.
    this.#modes = mode['options']
      .filter(isObject)
      .flatMap((each) =>
        Array.isArray(each['options']) ? each['options'].filter(isObject) : [each],
      );
    this.#is(mode['currentValue']);
  }

  #is(id: unknown): void {
    if (typeof id !== 'string' || id === this.#current) return;
    this.#current = id;
    const mode = this.#modes.find((each) => (each['id'] ?? each['value']) === id);
    const description = typeof mode?.['description'] === 'string' ? mode['description'] : '';
    if (!SILENT.has(id) && !WORDS.test(description)) return;
    const name = typeof mode?.['name'] === 'string' ? mode['name'] : id;
    this.tell(
      `In the mode “${oneLine(name, 60)}” ${this.title} does what it wants without asking you first. Choose another mode to be asked.`,
    );
  }
}
