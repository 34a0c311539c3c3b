import type { ClientId } from "../../domain/identifiers.ts";
import { type Executor, sql } from "../pg/database.ts";

/** An action that matters for security or money. It has ids and codes, never secrets. */
export type AuditEntry = {
  /** Undefined when the client is not known, as in a login with an unknown e-mail address. */
  readonly clientId: ClientId | undefined;
  readonly action: string;
  /** The id of the object of the action: an order, a challenge, a deposit. */
  readonly subject: string;
  readonly correlationId: string;
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
};

/** Writes an audit row, which can never change; pass the transaction of the action. */
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
