/** The database roles, one for each kind of process; each role has its own password. */
export const ROLES = [
  "identity",
  "orders",
  "matcher",
  "feed",
  "notifier",
  "admin",
  "scheduler",
  "reports",
] as const;
export type Role = (typeof ROLES)[number];
