const ERROR_LEVEL = 50;

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
