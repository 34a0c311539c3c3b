const CHARACTERS_MAX = 200;

/** What the caller's program calls itself: shown in the list of sessions, believed for nothing. */
export const userAgentOf = (headers: Readonly<Record<string, string | undefined>>): string =>
  (headers["user-agent"] ?? "").replace(/[^\x20-\x7e]/g, "").slice(0, CHARACTERS_MAX);
