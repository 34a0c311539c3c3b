import type { Ticker } from "../../domain/identifiers.ts";
import type { Order } from "../../domain/orders/order.ts";
import type { BookOrder } from "../../domain/orders/settlement.ts";
import { shares } from "../../domain/units.ts";
import { ORDER_COLUMNS, type OrderRow, toOrder } from "../orders/order-row.ts";
import { type Executor, sql } from "../pg/database.ts";

/**
 * An order in the book. `held` is what its terms need, without the extra hold of a pending replace.
 */
export type RestingOrder = Order & BookOrder & { readonly endsAt: Date | undefined };

/** The orders in a symbol's book: each queue and the untriggered stops, in their order. */
export const readRestingOrders = async (
  db: Executor,
  symbol: Ticker,
): Promise<readonly RestingOrder[]> => {
  const { rows } = await db.query<
    OrderRow & {
      readonly cancelled_quantity: bigint;
      readonly expired_quantity: bigint;
      readonly prevented_quantity: bigint;
      readonly engine_order: bigint;
      readonly queue_position: bigint;
      readonly ends_at: Date | null;
    }
  >(sql`
    select ${ORDER_COLUMNS}, cancelled_quantity, expired_quantity, prevented_quantity, engine_order,
      queue_position, ends_at
    from trading.resting_order
    join trading."order" as placed using (order_id)
    where resting_order.symbol = ${symbol}
    order by queue_position`);
  return rows.map((row) => ({
    ...toOrder(row),
    held: row.held,
    cancelledQuantity: shares(Number(row.cancelled_quantity)),
    expiredQuantity: shares(Number(row.expired_quantity)),
    preventedQuantity: shares(Number(row.prevented_quantity)),
    engineOrder: Number(row.engine_order),
    queuePosition: Number(row.queue_position),
    endsAt: row.ends_at ?? undefined,
  }));
};
