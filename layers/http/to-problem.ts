import { Forbidden } from "../platform/forbidden.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { SessionEnded } from "../store/identity/sessions.ts";
import { Problem, unauthorized, unavailable } from "./problem.ts";

/**
 * The problem that a client gets for an error: a problem as it is, an ended session as 401, an
 * outage as 503, anything else as a bare 500.
 */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (error instanceof SessionEnded) return unauthorized("The session has ended.");
  if (error instanceof Unavailable)
    return unavailable("The service cannot answer at the moment.", 1, error);
  if (error instanceof Forbidden)
    return new Problem({
      status: 403,
      code: "forbidden",
      detail: "This is for administrators.",
      cause: error,
    });
  return new Problem({
    status: 500,
    code: "internal_error",
    detail: "Something went wrong on our side.",
    cause: error,
  });
};
