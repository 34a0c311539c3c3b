import {
  type ControlScope,
  type KillSwitch,
  WHOLE_SYSTEM,
} from "../../layers/domain/orders/control.ts";
import { type Admin, administer } from "../../layers/store/identity/admins.ts";
import {
  liftKillSwitch,
  listKillSwitches,
  setKillSwitch,
} from "../../layers/store/orders/controls.ts";
import { type Database, sql, type Transaction } from "../../layers/store/pg/database.ts";

/** The kill switches after the change; undefined when the symbol or client does not exist. */
type Switches = readonly KillSwitch[] | undefined;

/** The kill switches that are on. */
export const readKillSwitches = (
  database: Database,
  admin: Admin,
): Promise<readonly KillSwitch[]> =>
  administer(database, admin, async (tx) => ({ result: await listKillSwitches(tx) }));

/**
 * Switches trading off. After the commit, the statement that accepts orders refuses every order in the scope.
 * Repeating it changes nothing. An unknown symbol or client is an error, because an operator must
 * not believe that it was stopped.
 */
export const stopOrders = (
  database: Database,
  admin: Admin,
  control: Pick<KillSwitch, "scope" | "subject" | "reason">,
): Promise<Switches> =>
  administer<Switches>(database, admin, async (tx) => {
    if (!(await exists(tx, control))) return { result: undefined };
    const changed = await setKillSwitch(tx, { ...control, setBy: admin.clientId });
    const result = await listKillSwitches(tx);
    return changed ? { result, act: act("kill_switch_set", control) } : { result };
  });

/** Switches off; refused when it is not on. */
export const allowOrders = (
  database: Database,
  admin: Admin,
  control: Pick<KillSwitch, "scope" | "subject">,
): Promise<Switches> =>
  administer<Switches>(database, admin, async (tx) => {
    if (!(await liftKillSwitch(tx, control))) return { result: undefined };
    const result = await listKillSwitches(tx);
    return { result, act: act("kill_switch_lifted", control) };
  });

const act = (
  action: string,
  { scope, subject, reason }: { scope: ControlScope; subject: string; reason?: string },
) => ({ action, subject, facts: { scope, ...(reason === undefined ? {} : { reason }) } });

const exists = async (
  tx: Transaction,
  { scope, subject }: Pick<KillSwitch, "scope" | "subject">,
): Promise<boolean> => {
  if (scope === "system") return subject === WHOLE_SYSTEM;
  const { rows } =
    scope === "symbol"
      ? await tx.query(sql`select from market.instrument where symbol = ${subject}`)
      : await tx.query(sql`select from trading.account where client_id::text = ${subject}`);
  return rows.length === 1;
};
