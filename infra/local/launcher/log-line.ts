const ERROR_LEVEL = 50;
/** What Node prints after the message of an error that ends a process. */
const AFTER_THE_MESSAGE = /^(\s|\}|Node\.js v)/;

/**
 * Returns the message of a log line that is an error (pino level 50 and up), for the terminal; else
 * undefined.
 */
export const errorOf = (line: string): string | undefined => {
  if (!line.startsWith("{")) return undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as {
      readonly level?: unknown;
      readonly msg?: unknown;
      readonly err?: { readonly message?: unknown };
    };
    if (typeof level !== "number" || level < ERROR_LEVEL) return undefined;
    const reason = typeof err?.message === "string" ? `: ${err.message}` : "";
    return `${typeof msg === "string" ? msg : "error"}${reason}`.replaceAll(/\s+/g, " ");
  } catch {
    return undefined;
  }
};

/** Returns whether a line says what happened: it is not empty, and not a part of a stack trace. */
export const isMessage = (line: string): boolean =>
  line.trim() !== "" && !AFTER_THE_MESSAGE.test(line);

/**
 * Returns the reason for the end of a process: the last message of its output. Undefined for a line
 * of JSON, which is printed at once when it is an error.
 */
export const reasonOf = (message: string): string | undefined =>
  message === "" || message.startsWith("{") ? undefined : message;
