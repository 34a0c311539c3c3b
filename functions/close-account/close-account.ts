import type { ClientId } from "../../layers/domain/identifiers.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { revokeKeys } from "../../layers/store/identity/api-keys.ts";
import { findProfile, type Profile, setStatus } from "../../layers/store/identity/clients.ts";
import { endOtherSessions } from "../../layers/store/identity/sessions.ts";
import { findLeftovers } from "../../layers/store/ledger/leftovers.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** What is left in the account: assets, open orders and pending withdrawals. */
export type NotEmpty = { readonly code: "account_not_empty"; readonly left: readonly string[] };

/** Closes an empty account, ends its sessions and revokes its keys, in one transaction. */
export const closeAccount = (
  { database }: { readonly database: Database },
  { clientId, correlationId }: { readonly clientId: ClientId; readonly correlationId: string },
): Promise<Outcome<Profile, NotEmpty>> =>
  database.transaction(async (tx) => {
    const left = await findLeftovers(tx, clientId);
    if (left.length > 0) return refuse({ code: "account_not_empty", left });
    await setStatus(tx, clientId, "closed");
    await endOtherSessions(tx, { clientId, keep: undefined, reason: "closed" });
    await revokeKeys(tx, clientId);
    const action = "account_closed";
    await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
    const profile = await findProfile(tx, clientId);
    if (profile === undefined) throw new Error(`client ${clientId} has no account`);
    return accept(profile);
  });
