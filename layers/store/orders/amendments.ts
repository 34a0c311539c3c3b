import type { AmendmentId, OrderId } from "../../domain/identifiers.ts";
import type { AmendableTerms, Amendment, Replacement } from "../../domain/orders/amendment.ts";
import type { Order } from "../../domain/orders/order.ts";
import { type Money, money, shares } from "../../domain/units.ts";
import { encodeCommand } from "../matching/commands.ts";
import { type Executor, fragment, sql, sqlState } from "../pg/database.ts";

/**
 * What came of asking: it is on its way; the order has changed since, or its place still waits for the
 * market to open; or it cannot be held.
 */
export type ReplaceVerdict = "requested" | "changed" | "not_held";

/**
 * Asks for a replace in one guarded statement: marks the order as it was read, holds what the new
 * terms need on top, and writes the amendment, the command and the audit row, or nothing at all.
 * Locks the balance before the order, as everybody does.
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
  try {
    const { count } = await db.query(replaceStatement(request));
    return count === 1 ? "requested" : "changed";
  } catch (error) {
    if (sqlState(error) === "BX001") return "not_held";
    throw error;
  }
};

const replaceStatement = ({
  order,
  amendmentId,
  replacement,
  correlationId,
}: Parameters<typeof requestReplace>[1]) => {
  const { orderId, clientId } = order;
  const { after, worstPrice, holdAsset, extraHeld } = replacement;
  const command = encodeCommand(
    {
      ...{ type: "replace", orderId, clientId, amendmentId, quantity: after.quantity },
      ...{ price: worstPrice, stopPrice: after.stopPrice, extraHeld },
    },
    correlationId,
  );
  return sql`
    with locked as materialized (
      select client_id
      from ledger.balance
      where client_id = ${clientId} and asset = ${holdAsset} and ${extraHeld}::bigint > 0
      for update
    ), marked as (
      update trading."order"
      set pending_action = 'pending_replace', pending_amendment = ${amendmentId},
        extra_held = ${extraHeld}, lock_version = lock_version + 1, updated_at = now()
      where order_id = ${orderId}
        and not closed
        and pending_action is null
        and lock_version = ${order.lockVersion}
        and (${extraHeld}::bigint = 0 or exists (select from locked))
        and not exists (select from trading.waiting where waiting.order_id = ${orderId})
      returning order_id, client_id, symbol, extra_held
    ), holding as (
      update ledger.balance
      set available = available - extra_held, held = balance.held + extra_held
      from marked
      where balance.client_id = marked.client_id
        and asset = ${holdAsset}
        and extra_held > 0
        and available >= extra_held
      returning balance.client_id
    ), verdict as materialized (
      select trading.require_accepted(0, 0,
        (select count(*) from holding),
        (select count(*) from marked where extra_held > 0)) as accepted
    ), amended as (
      insert into trading.amendment (
        amendment_id, order_id, client_id, old_quantity, old_price, old_stop_price, new_quantity,
        new_price, new_stop_price, extra_held, correlation_id)
      select ${amendmentId}, order_id, client_id, ${order.quantity}, ${order.price ?? null}::bigint,
        ${order.stopPrice ?? null}::bigint, ${after.quantity}, ${after.price ?? null}::bigint,
        ${after.stopPrice ?? null}::bigint, extra_held, ${correlationId}
      from marked
      join verdict on accepted
      returning amendment_id
    ), journalled as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'hold', order_id::text, ${holdAsset}, extra_held, client_id, 'available', client_id,
        'held'
      from marked
      join verdict on accepted
      where extra_held > 0
    ), queued as (
      insert into trading.outbox (symbol, command)
      select symbol, ${command}::json
      from marked
      join verdict on accepted
    ), audited as (
      insert into trading.audit (client_id, action, subject, correlation_id)
      select client_id, 'order_replace_requested', order_id::text, ${correlationId}
      from marked
      join verdict on accepted
    )
    select amendment_id from amended`;
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

/** The replaces of one order, oldest first, after the one with this id. */
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
