import type { ClientId } from "../../domain/identifiers.ts";
import type { ControlScope, KillSwitch } from "../../domain/orders/control.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/** Every kill switch that is on, the latest first. */
export const listKillSwitches = async (db: Executor): Promise<readonly KillSwitch[]> => {
  const { rows } = await db.query<{
    readonly scope: ControlScope;
    readonly subject: string;
    readonly reason: string;
    readonly set_by: string;
    readonly set_at: Date;
  }>(sql`
    select scope, subject, reason, set_by, set_at
    from trading.control
    order by set_at desc, scope, subject`);
  return rows.map((row) => ({
    scope: row.scope,
    subject: row.subject,
    reason: row.reason,
    setBy: row.set_by as ClientId,
    setAt: row.set_at,
  }));
};

/** Switches on; false when it is already on, and the first reason stays. */
export const setKillSwitch = async (
  tx: Transaction,
  control: Omit<KillSwitch, "setAt">,
): Promise<boolean> => {
  const { count } = await tx.query(sql`
    insert into trading.control (scope, subject, reason, set_by)
    values (${control.scope}, ${control.subject}, ${control.reason}, ${control.setBy})
    on conflict do nothing`);
  return count === 1;
};

/** Switches off; false when it was not on. */
export const liftKillSwitch = async (
  tx: Transaction,
  control: Pick<KillSwitch, "scope" | "subject">,
): Promise<boolean> => {
  const { count } = await tx.query(sql`
    delete from trading.control
    where scope = ${control.scope} and subject = ${control.subject}`);
  return count === 1;
};
