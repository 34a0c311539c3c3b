import { versionField } from "./fields.ts";
import { malformed } from "./problem.ts";

/** `client_version` of a body. It is always required; a request without it gets its own problem. */
export const clientVersionField = versionField.optional().meta({
  description: "The `lock_version` of the order as you last read it.",
});

/** The version of the order that the caller has seen. Throws 400 `missing_version` without one. */
export const requireVersion = (sent: number | undefined): number => {
  if (sent === undefined)
    throw malformed(
      "missing_version",
      "client_version is required: the lock_version of the order as you last read it.",
    );
  return sent;
};
