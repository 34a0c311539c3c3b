import type { ClientId } from "../../domain/identifiers.ts";
import { Forbidden } from "../../platform/forbidden.ts";
import { type AuditEntry, recordAudit } from "../audit/audit.ts";
import { type Database, sql, type Transaction } from "../pg/database.ts";

/** Who administers, and the request by which. */
export type Admin = { readonly clientId: ClientId; readonly correlationId: string };

/** What an administrator did, for the audit. */
export type AdminAct = Pick<AuditEntry, "action" | "subject" | "facts">;

/**
 * Does an administrator's work and writes its audit row, in one transaction. A token says who somebody
 * was when it was made; the role is looked up again, so that who loses it loses it at once. Work that
 * changes nothing answers no act and leaves no row.
 */
export const administer = <Result>(
  database: Database,
  { clientId, correlationId }: Admin,
  work: (tx: Transaction) => Promise<{ readonly result: Result; readonly act?: AdminAct }>,
): Promise<Result> =>
  database.transaction(async (tx) => {
    await requireAdmin(tx, clientId);
    const { result, act } = await work(tx);
    if (act !== undefined) await recordAudit(tx, { ...act, clientId, correlationId });
    return result;
  });

const requireAdmin = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  const { rows } = await tx.query(sql`
    select from identity.client
    where client_id = ${clientId} and status = 'active' and 'admin' = any(roles)`);
  if (rows.length === 0) throw new Forbidden("not an administrator");
};
