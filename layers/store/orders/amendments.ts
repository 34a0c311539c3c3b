import type { AmendmentId, OrderId } from "../../domain/identifiers.ts";
import type { AmendableTerms, Amendment, Replacement } from "../../domain/orders/amendment.ts";
import type { Order } from "../../domain/orders/order.ts";
import { type Money, money, shares } from "../../domain/units.ts";
import { encodeCommand } from "../matching/commands.ts";
import { type Executor, fragment, sql, sqlState } from "../pg/database.ts";

/**
 * The result of a request: it was sent to the matcher; or the order has changed since it was read,
 * or still waits for its market to open; or the extra amount is not available; or the client has
 * used up its allowance of orders; or the client may no longer trade; or the new terms are not in
 * whole ticks and lots, because an operator has changed these.
 */
type ReplaceVerdict =
  | "requested"
  | "changed"
  | "not_held"
  | "too_many"
  | "not_active"
  | "off_tick_or_lot";

/**
 * Requests a replace in one transaction: marks the order as it was read, adds the extra hold, and
 * writes the amendment, the command and the audit row, or nothing at all.
 */
export const requestReplace = async (
  db: Executor,
  request: {
    readonly order: Order;
    readonly amendmentId: AmendmentId;
    readonly replacement: Replacement;
    readonly correlationId: string;
  },
): Promise<ReplaceVerdict> => {
  const { order, amendmentId, correlationId } = request;
  const { orderId, clientId } = order;
  const { after, collarPrice, holdAsset, extraHeld } = request.replacement;
  const command = encodeCommand(
    {
      ...{ type: "replace", orderId, clientId, amendmentId, quantity: after.quantity },
      ...{ collarPrice, stopPrice: after.stopPrice, extraHeld },
    },
    correlationId,
  );
  try {
    const { rows } = await db.query<{ readonly requested: boolean }>(sql`
      select trading.request_replace(
        row(${amendmentId}, ${orderId}, ${clientId}, 'requested', null, ${order.quantity},
          ${order.price}, ${order.stopPrice}, ${after.quantity}, ${after.price}, ${after.stopPrice},
          ${extraHeld}, ${correlationId}, now(), null)::trading.amendment,
        ${holdAsset}, ${order.lockVersion}, ${command}) as requested`);
    return rows[0]?.requested === true ? "requested" : "changed";
  } catch (error) {
    if (sqlState(error) === "BX001") return "not_held";
    if (sqlState(error) === "BX002") return "too_many";
    if (sqlState(error) === "BX003") return "not_active";
    if (sqlState(error) === "BX004") return "off_tick_or_lot";
    throw error;
  }
};

type AmendmentRow = {
  readonly amendment_id: string;
  readonly order_id: string;
  readonly status: Amendment["status"];
  readonly reason: string | null;
  readonly old_quantity: bigint;
  readonly old_price: bigint | null;
  readonly old_stop_price: bigint | null;
  readonly new_quantity: bigint;
  readonly new_price: bigint | null;
  readonly new_stop_price: bigint | null;
  readonly created_at: Date;
  readonly decided_at: Date | null;
};

const COLUMNS = fragment`amendment_id, order_id, status, reason, old_quantity, old_price,
  old_stop_price, new_quantity, new_price, new_stop_price, created_at, decided_at`;

const toMoney = (amount: bigint | null): Money | undefined =>
  amount === null ? undefined : money(amount);

const toTerms = (
  quantity: bigint,
  price: bigint | null,
  stopPrice: bigint | null,
): AmendableTerms => ({
  quantity: shares(Number(quantity)),
  price: toMoney(price),
  stopPrice: toMoney(stopPrice),
});

const toAmendment = (row: AmendmentRow): Amendment => ({
  amendmentId: row.amendment_id as AmendmentId,
  orderId: row.order_id as OrderId,
  status: row.status,
  reason: row.reason ?? undefined,
  before: toTerms(row.old_quantity, row.old_price, row.old_stop_price),
  after: toTerms(row.new_quantity, row.new_price, row.new_stop_price),
  createdAt: row.created_at,
  decidedAt: row.decided_at ?? undefined,
});

/** A replace by its id. */
export const findAmendment = async (
  db: Executor,
  amendmentId: AmendmentId,
): Promise<Amendment | undefined> => {
  const { rows } = await db.query<AmendmentRow>(sql`
    select ${COLUMNS}
    from trading.amendment
    where amendment_id = ${amendmentId}`);
  return rows[0] === undefined ? undefined : toAmendment(rows[0]);
};

/** The replaces of one order, oldest first, after the replace with this id. */
export const listAmendments = async (
  db: Executor,
  orderId: OrderId,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly Amendment[]> => {
  const { rows } = await db.query<AmendmentRow>(sql`
    select ${COLUMNS}
    from trading.amendment
    where order_id = ${orderId}
      and (${page.after ?? null}::uuid is null or amendment_id > ${page.after ?? null}::uuid)
    order by amendment_id
    limit ${page.limit}`);
  return rows.map(toAmendment);
};
