import type { Admin } from "../store/identity/admins.ts";
import type { Caller } from "./authenticate.ts";

/** Who administers, by which request and from where: what every administrative act is audited with. */
export const adminOf = ({
  client: clientId,
  correlationId,
  address,
}: Pick<Caller, "client"> & Omit<Admin, "clientId">): Admin => ({
  ...{ clientId, correlationId, address },
});
