import type { ClientId } from "../../domain/identifiers.ts";
import { Forbidden } from "../../platform/forbidden.ts";
import { type AuditEntry, recordAudit } from "../audit/audit.ts";
import { type Database, sql, type Transaction } from "../pg/database.ts";

/** The administrator, the request and its network address. */
export type Admin = {
  readonly clientId: ClientId;
  readonly correlationId: string;
  readonly address: string;
};

/** An administrator's action, for the audit log. */
export type AdminAct = Pick<AuditEntry, "action" | "subject" | "facts">;

/**
 * Runs an administrator's work and writes its audit row, in one transaction. A token has the roles
 * of the time it was issued, so the role is read again: an administrator who loses it can do
 * nothing from then on. Work that changes nothing returns no action and leaves no row.
 */
export const administer = <Result>(
  database: Database,
  { clientId, correlationId, address }: Admin,
  work: (tx: Transaction) => Promise<{ readonly result: Result; readonly act?: AdminAct }>,
): Promise<Result> =>
  database.transaction(async (tx) => {
    await requireAdmin(tx, clientId);
    const { result, act } = await work(tx);
    if (act !== undefined) {
      const facts = { ...act.facts, address };
      await recordAudit(tx, { ...act, clientId, correlationId, facts });
    }
    return result;
  });

const requireAdmin = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  const { rows } = await tx.query(sql`
    select from identity.client
    where client_id = ${clientId} and status = 'active' and 'admin' = any(roles)`);
  if (rows.length === 0) throw new Forbidden("not an administrator");
};
