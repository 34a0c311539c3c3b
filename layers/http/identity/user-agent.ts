const CHARACTERS_MAX = 200;

/** The name that the caller's program sends: shown in the list of sessions and never trusted. */
export const userAgentOf = (headers: Readonly<Record<string, string | undefined>>): string =>
  (headers["user-agent"] ?? "").replace(/[^\x20-\x7e]/g, "").slice(0, CHARACTERS_MAX);
