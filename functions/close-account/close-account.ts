import type { ClientId } from "../../layers/domain/identifiers.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { revokeKeys } from "../../layers/store/identity/api-keys.ts";
import { findProfile, type Profile, setStatus } from "../../layers/store/identity/clients.ts";
import { endOtherSessions } from "../../layers/store/identity/sessions.ts";
import { findLeftovers } from "../../layers/store/ledger/leftovers.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** `left` lists what the account still has: assets, open orders and pending withdrawals. */
type CloseRefusal =
  | { readonly code: "account_not_empty"; readonly left: readonly string[] }
  | { readonly code: "client_not_active" };

/** Closes an empty account, ends its sessions and revokes its keys, in one transaction. */
export const closeAccount = (
  { database }: { readonly database: Database },
  { clientId, correlationId }: { readonly clientId: ClientId; readonly correlationId: string },
): Promise<Outcome<Profile, CloseRefusal>> =>
  database.transaction(async (tx) => {
    const left = await findLeftovers(tx, clientId);
    if (left.length > 0) return refuse({ code: "account_not_empty", left });
    const before = await findProfile(tx, clientId);
    // A suspension of this moment stays one.
    if (before?.status !== "active") return refuse({ code: "client_not_active" });
    await setStatus(tx, clientId, "closed");
    await endOtherSessions(tx, { clientId, keep: undefined, reason: "closed" });
    await revokeKeys(tx, clientId);
    const action = "account_closed";
    await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
    return accept({ ...before, status: "closed" });
  });
