import { malformed } from "./problem.ts";

/** The version of the row that the caller has seen; 400 without one. */
export const requireVersion = (sent: number | undefined): number => {
  if (sent === undefined)
    throw malformed("missing_version", "client_version is required: the lock_version you read.");
  return sent;
};
