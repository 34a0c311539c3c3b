const ERROR_LEVEL = 50;

/** What a log line reports when it is an error (pino level 50 and up), in words for a terminal. */
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
