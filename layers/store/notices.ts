import type { ClientId, OrderId, Ticker } from "../domain/identifiers.ts";
import type { OrderReport } from "../domain/mail.ts";
import type { Direction, OrderStatus } from "../domain/order.ts";
import { money, type Shares, shares } from "../domain/units.ts";
import { sql, type Transaction } from "./database.ts";

/** An order whose owner may be owed a mail, as it stands now. */
export type DueNotice = OrderReport & {
  readonly clientId: ClientId;
  readonly email: string;
  readonly wantsMail: boolean;
};

type Row = {
  readonly order_id: OrderId;
  readonly client_id: ClientId;
  readonly reported_quantity: bigint;
  readonly symbol: Ticker;
  readonly direction: Direction;
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly quantity: bigint;
  readonly filled_quantity: bigint;
  readonly filled_notional: bigint;
  readonly email: string;
  readonly first_name: string;
  readonly wants_mail: boolean;
};

/** Takes the notices due longest and locks them until the transaction ends; others skip them. */
export const takeDueNotices = async (
  tx: Transaction,
  limit: number,
): Promise<readonly DueNotice[]> => {
  const { rows } = await tx.query<Row>(sql`
    select
      notice.order_id, notice.client_id, reported_quantity,
      symbol, direction, "order".status, reason, quantity, filled_quantity, filled_notional,
      email, first_name, wants_mail
    from trading.notice
    join trading."order" using (order_id)
    join identity.client on client.client_id = notice.client_id
    where due_at <= now()
    order by due_at
    limit ${limit}
    for update of notice skip locked
  `);
  return rows.map((row) => ({
    orderId: row.order_id,
    clientId: row.client_id,
    reported: shares(Number(row.reported_quantity)),
    symbol: row.symbol,
    direction: row.direction,
    status: row.status,
    reason: row.reason ?? undefined,
    quantity: shares(Number(row.quantity)),
    filled: shares(Number(row.filled_quantity)),
    filledNotional: money(row.filled_notional),
    email: row.email,
    firstName: row.first_name,
    wantsMail: row.wants_mail,
  }));
};

/** Removes notices of which nothing is left to be told. */
export const removeNotices = async (
  tx: Transaction,
  orderIds: readonly OrderId[],
): Promise<void> => {
  if (orderIds.length === 0) return;
  await tx.query(sql`delete from trading.notice where order_id = any(${orderIds}::uuid[])`);
};

/** Keeps notices of orders that may fill further: what was told, and when to look again. */
export const keepNotices = async (
  tx: Transaction,
  kept: readonly { readonly orderId: OrderId; readonly reported: Shares }[],
  againSeconds: number,
): Promise<void> => {
  if (kept.length === 0) return;
  await tx.query(sql`
    update trading.notice
    set reported_quantity = told.reported,
        due_at = now() + make_interval(secs => ${againSeconds})
    from unnest(
      ${kept.map(({ orderId }) => orderId)}::uuid[],
      ${kept.map(({ reported }) => reported)}::bigint[]
    ) as told (order_id, reported)
    where notice.order_id = told.order_id
  `);
};
