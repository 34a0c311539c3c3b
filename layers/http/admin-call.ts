import type { Admin } from "../store/identity/admins.ts";
import type { Caller } from "./authenticate.ts";

/**
 * The administrator, the request and its address: what the audit row of every administrative act
 * has.
 */
export const adminOf = ({
  client: clientId,
  correlationId,
  address,
}: Pick<Caller, "client"> & Omit<Admin, "clientId">): Admin => ({
  ...{ clientId, correlationId, address },
});
