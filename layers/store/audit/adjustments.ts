import type { ClientId } from "../../domain/identifiers.ts";
import { type Executor, sql } from "../pg/database.ts";

/** An adjustment as the audit has it: what was asked, by whom and from where. */
export type RecordedAdjustment = {
  readonly adjustmentId: string;
  readonly clientId: string;
  readonly asset: string;
  /** As it was answered: money, or a whole number of shares. */
  readonly amount: string;
  readonly direction: string;
  readonly reason: string;
  readonly operatorId: string;
  readonly address: string;
  readonly createdAt: Date;
};

/** Lists the adjustments of all clients or of one, newest first, after the given adjustment. */
export const listAdjustments = async (
  db: Executor,
  search: {
    readonly clientId: ClientId | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  },
): Promise<readonly RecordedAdjustment[]> => {
  const { clientId, after, limit } = search;
  const { rows } = await db.query<{
    readonly adjustment_id: string;
    readonly subject: string;
    readonly asset: string;
    readonly amount: string;
    readonly direction: string;
    readonly reason: string;
    readonly client_id: string;
    readonly address: string;
    readonly created_at: Date;
  }>(sql`
    select facts ->> 'adjustmentId' as adjustment_id, subject, facts ->> 'asset' as asset,
      facts ->> 'amount' as amount, facts ->> 'direction' as direction,
      facts ->> 'reason' as reason, client_id, facts ->> 'address' as address, created_at
    from trading.audit
    where action = 'balance_adjusted'
      and (${clientId ?? null}::text is null or subject = ${clientId ?? null})
      and (${after ?? null}::text is null or facts ->> 'adjustmentId' < ${after ?? null})
    order by facts ->> 'adjustmentId' desc
    limit ${limit}`);
  return rows.map((row) => ({
    adjustmentId: row.adjustment_id,
    clientId: row.subject,
    asset: row.asset,
    amount: row.amount,
    direction: row.direction,
    reason: row.reason,
    operatorId: row.client_id,
    address: row.address,
    createdAt: row.created_at,
  }));
};
