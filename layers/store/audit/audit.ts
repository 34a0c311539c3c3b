import type { ClientId } from "../../domain/identifiers.ts";
import { type Executor, sql } from "../pg/database.ts";

/** One security- or money-relevant action: who did what to which thing. Ids and codes, never secrets. */
export type AuditEntry = {
  /** Undefined when nobody is known yet, as in a login with an unknown e-mail. */
  readonly clientId: ClientId | undefined;
  readonly action: string;
  /** The id of the thing acted upon: an order, a challenge, a deposit. */
  readonly subject: string;
  readonly correlationId: string;
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
};

/** Writes one row that nobody can change again; pass the transaction of the action it tells of. */
export const recordAudit = async (executor: Executor, entry: AuditEntry): Promise<void> => {
  await executor.query(sql`
    insert into trading.audit (client_id, action, subject, correlation_id, facts)
    values (
      ${entry.clientId ?? null},
      ${entry.action},
      ${entry.subject},
      ${entry.correlationId},
      ${JSON.stringify(entry.facts ?? {})}
    )
  `);
};
