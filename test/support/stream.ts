import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { Unavailable } from "../../layers/platform/unavailable.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import type { TestDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import type { createOrderPath } from "./exchange.ts";

/** Clients with enough cash and shares, for streams that never run dry. */
export const richClients = async (
  database: TestDatabase,
  count: number,
  symbols: readonly string[],
): Promise<readonly ClientId[]> => {
  const clients: ClientId[] = [];
  for (let client = 0; client < count; client += 1)
    clients.push(
      await createTestClient(database, {
        cash: usd("10000000"),
        shares: Object.fromEntries(symbols.map((symbol) => [symbol, 1_000_000])),
        maxOpenOrders: 100_000,
      }),
    );
  return clients;
};

/**
 * Places as a careful client does: after an answer "unavailable" it asks again with the same id.
 */
export const placeWithRetries = async (
  orderPath: ReturnType<typeof createOrderPath>,
  client: ClientId,
  terms: OrderTerms,
): Promise<Order> => {
  for (;;)
    try {
      return await orderPath.place(client, terms);
    } catch (error) {
      if (!(error instanceof Unavailable) || terms.clientOrderId === undefined) throw error;
    }
};

export type Stream = {
  /** Every order that was acknowledged. */
  readonly acknowledged: readonly Order[];
  readonly stop: () => Promise<void>;
};

/** Each client places the next order after the last is acknowledged, and cancels some. */
export const startStream = (
  orderPath: ReturnType<typeof createOrderPath>,
  clients: readonly ClientId[],
  symbols: readonly string[],
  below: (limit: number) => number,
): Stream => {
  const acknowledged: Order[] = [];
  const cancels: Promise<unknown>[] = [];
  let streaming = true;
  const trade = async (client: ClientId): Promise<void> => {
    while (streaming) {
      const direction = below(2) === 0 ? "buy" : "sell";
      const price = `${99 + below(3)}.${below(10)}0`;
      const symbol = symbols[below(symbols.length)] as Ticker;
      const terms = order(direction, 1 + below(9), price, { symbol });
      const placed = await placeWithRetries(orderPath, client, terms);
      acknowledged.push(placed);
      if (below(4) === 0)
        cancels.push(orderPath.cancel(acknowledged[below(acknowledged.length)] ?? placed));
    }
  };
  const trading = clients.map(trade);
  const stop = async (): Promise<void> => {
    streaming = false;
    await Promise.all(trading);
    await Promise.all(cancels);
  };
  return { acknowledged, stop };
};

/** Commands that were accepted and are not settled. */
export const unsettled = async (database: Database): Promise<number> => {
  const { rows } = await database.query<{ waiting: bigint }>(sql`
    select (select count(*) from trading.outbox) + coalesce(sum(seq - settled_seq), 0)::bigint as waiting
    from trading.sequence join trading.book using (symbol)`);
  return Number(rows[0]?.waiting ?? 0n);
};

/** Commands settled so far in one symbol. */
export const settledSeq = async (database: Database, symbol: string): Promise<number> => {
  const { rows } = await database.query<{ settled_seq: bigint }>(
    sql`select settled_seq from trading.book where symbol = ${symbol}`,
  );
  return Number(rows[0]?.settled_seq ?? 0n);
};

/** The holder and the epoch of a symbol's shard, whether or not the lease has ended. */
export const ownerOf = async (database: Database, symbol: string) => {
  const { rows } = await database.query<{ holder: string | null; epoch: bigint }>(sql`
    select holder, shard.epoch from trading.shard join trading.book using (shard)
    where symbol = ${symbol}`);
  return { holder: rows[0]?.holder ?? undefined, epoch: Number(rows[0]?.epoch ?? 0n) };
};

/** Every acknowledged order that no matcher has seen. */
export const lostOrders = async (
  database: Database,
  acknowledged: readonly Order[],
): Promise<readonly Order[]> => {
  const { rows } = await database.query<{ order_id: string }>(
    sql`select order_id from trading."order" where status <> 'new'`,
  );
  const matched = new Set(rows.map((row) => row.order_id));
  return acknowledged.filter(({ orderId }) => !matched.has(orderId));
};
