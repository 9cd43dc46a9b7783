export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line per event, on stderr in production. Never given a token, a prompt or an agent's text (R48, R67). */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** @param write gets whole lines, with their line feed. */
export function lineLogger(
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): Logger {
  const emit = (level: string, event: string, fields: LogFields = {}): void => {
    let line = `${now().toISOString()} ${level} ${event}`;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) line += ` ${name}=${plain(value)}`;
    }
    write(`${line}\n`);
  };
  return {
    info: (event, fields) => emit('info', event, fields),
    warn: (event, fields) => emit('warn', event, fields),
    error: (event, fields) => emit('error', event, fields),
  };
}

/** Quoted unless harmless: what comes from outside must not be able to forge a line or paint a terminal. */
function plain(value: string | number | boolean): string {
  const text = String(value).slice(0, 500);
  return /^[\w./:@+-]+$/.test(text) ? text : escapeControls(JSON.stringify(text));
}

function escapeControls(text: string): string {
  return text.replace(
    /\p{Cc}|\p{Cf}|\u2028|\u2029/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}
