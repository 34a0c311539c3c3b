import type { Logger } from "../../../layers/platform/logger.ts";
import { type Loop, startLoop } from "../../../layers/platform/loop.ts";
import { findValid } from "../../../layers/store/identity/credential-validity.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import type { Connections } from "./connections.ts";

/** Two checks and a query fit into the five seconds within which a socket must close. */
const CHECK_EVERY_MS = 2_000;

/**
 * Closes the connections of sessions that ended, API keys that were revoked and clients that were
 * suspended. While the database does not answer, connections stay open.
 */
export const startSessionCheck = (deps: {
  readonly connections: Pick<Connections, "owners" | "disconnect">;
  readonly database: Executor;
  readonly logger: Logger;
}): Loop => {
  const pass = async (): Promise<"idle"> => {
    const checked = [...deps.connections.owners()];
    if (checked.length === 0) return "idle";
    const owners = checked.map(([, owner]) => owner);
    const inForce = await findValid(deps.database, owners);
    for (const [id, owner] of checked)
      if (!inForce.has(owner)) deps.connections.disconnect(id, "session_ended", false);
    return "idle";
  };
  const times = { pauseMs: CHECK_EVERY_MS, retryMs: 500, longestRetryMs: CHECK_EVERY_MS };
  return startLoop({ name: "session check", logger: deps.logger, pass, ...times });
};
