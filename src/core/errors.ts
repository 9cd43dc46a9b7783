/** What went wrong, in a form that crosses the wire and reaches the reader (R47). */
export interface ErrorInfo {
  /** Stable, snake_case; for programs. */
  code: string;
  /** One sentence for a person: what happened and what to do. */
  message: string;
  /** Whether the same request may succeed later without change. */
  retryable: boolean;
}

/** An error with a code that callers may act on. */
export class ApertureError extends Error implements ErrorInfo {
  readonly code: string;
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ApertureError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }

  toInfo(): ErrorInfo {
    return { code: this.code, message: this.message, retryable: this.retryable };
  }
}

/** Any thrown value as an {@link ErrorInfo}; a value that is no ApertureError gets `fallbackCode`. */
export function toErrorInfo(error: unknown, fallbackCode = 'internal'): ErrorInfo {
  if (error instanceof ApertureError) return error.toInfo();
  const message = error instanceof Error ? error.message : String(error);
  return { code: fallbackCode, message, retryable: false };
}
