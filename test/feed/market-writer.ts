import type { BookDepth } from "../../layers/domain/market/book-depth.ts";
import { type Money, money, shares } from "../../layers/domain/units.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { marketLevels } from "../../layers/store/matching/write-settlement.ts";
import { type Database, sql, type Transaction } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { until } from "../../layers/testing/until.ts";

/**
 * Writes what the matcher would write: resting orders, watermarks and events, in one transaction
 * for each batch. Keeps its own naive book to compare with.
 */
export const createMarketWriter = async (database: Database, symbols: readonly string[]) => {
  const client = await createTestClient(database, {
    maxOpenOrders: 1_000_000,
    cash: money(1_000_000_000_000n),
    shares: Object.fromEntries(symbols.map((symbol) => [symbol, 10_000_000])),
  });
  for (const symbol of symbols) await createInstrument(database, symbol);
  const resting = new Map<string, RestingOrder>();
  const seqs = new Map(symbols.map((symbol) => [symbol, 0]));

  const settle = async (symbol: string, batch: Batch, options: Options = {}): Promise<number> => {
    const first = (seqs.get(symbol) ?? 0) + 1;
    const last = first + Math.max(1, batch.place?.length ?? 1) - 1;
    seqs.set(symbol, last);
    const touched = new Set<string>();
    const touch = (side: Side, price: number) => touched.add(`${side} ${price}`);
    await database.transaction(async (tx) => {
      for (const order of batch.place ?? []) {
        const id = newUuid();
        resting.set(id, { symbol, ...order });
        touch(order.side, order.price);
        await insertOrder(tx, client, id, { symbol, ...order });
      }
      for (const [id, open] of batch.reduce ?? []) {
        const order = resting.get(id);
        if (order === undefined) throw new Error("no such order");
        touch(order.side, order.price);
        if (open === 0) resting.delete(id);
        else resting.set(id, { ...order, quantity: open });
        await hold(tx, client, order, open - order.quantity);
        await tx.query(sql`
          update trading."order"
          set filled_quantity = quantity - ${open}, open_quantity = ${open},
            held = ${open} * case direction when 'buy' then price else 1 end,
            status = ${open === 0 ? "filled" : "partially_filled"}, closed = ${open === 0}
          where order_id = ${id}`);
      }
      await countHolds(tx, client);
      await recordByHand(tx, client);
      const lastPrice = batch.trades?.at(-1)?.price;
      await tx.query(sql`
        update trading.book set settled_seq = ${last},
          last_price = coalesce(${lastPrice ?? null}::bigint, last_price)
        where symbol = ${symbol}`);
      if (options.withoutEvent === true) return;
      await insertTrades(tx, symbol, last, batch.trades ?? []);
      const levels = (wanted: Side) =>
        [...touched]
          .map((key) => key.split(" "))
          .filter(([side]) => side === wanted)
          .map(([, price]) => ({
            price: money(BigInt(price ?? "")),
            quantity: shares(total(resting, symbol, wanted, Number(price))),
          }));
      await tx.query(sql`
        insert into market.event (symbol, first_seq, last_seq, trades, bids, asks, created_at)
        values (${symbol}, ${first}, ${last}, ${batch.trades?.length ?? 0},
          ${marketLevels(levels("buy"))}, ${marketLevels(levels("sell"))}, clock_timestamp())`);
    });
    if (options.silent !== true) await database.query(sql`select pg_notify('brokerx_market', '')`);
    return last;
  };

  /** A random batch: some orders rest, or a resting order is filled in part or as a whole. */
  const tick = (symbol: string): Promise<number> => {
    const own = [...resting].filter(([, order]) => order.symbol === symbol);
    const chosen = own[Math.floor(Math.random() * own.length)];
    if (chosen !== undefined && Math.random() < 0.5) {
      const [id, { price, quantity, side }] = chosen;
      const taken = 1 + Math.floor(Math.random() * quantity);
      const takerSide = side === "buy" ? "sell" : "buy";
      return settle(symbol, {
        reduce: [[id, quantity - taken]],
        trades: [{ price, quantity: taken, takerSide }],
      });
    }
    return settle(symbol, {
      place: Array.from({ length: 1 + Math.floor(Math.random() * 3) }, randomOrder),
    });
  };

  return { settle, tick, book: (symbol: string) => naiveBook(resting, symbol), seqs };
};

export type MarketWriter = Awaited<ReturnType<typeof createMarketWriter>>;

type Side = "buy" | "sell";
type NewOrder = { readonly side: Side; readonly price: number; readonly quantity: number };
type RestingOrder = NewOrder & { readonly symbol: string };
type Batch = {
  readonly place?: readonly NewOrder[];
  readonly reduce?: readonly (readonly [id: string, open: number])[];
  readonly trades?: readonly {
    readonly price: number;
    readonly quantity: number;
    readonly takerSide: Side;
  }[];
};
type Trades = NonNullable<Batch["trades"]>;
type Options = { readonly withoutEvent?: boolean; readonly silent?: boolean };

const randomOrder = (): NewOrder => {
  const side = Math.random() < 0.5 ? "buy" : "sell";
  const ticks = 1 + Math.floor(Math.random() * 30);
  return {
    side,
    price: 1_000_000 + (side === "buy" ? -100 : 100) * ticks,
    quantity: 1 + Math.floor(Math.random() * 50),
  };
};

const insertOrder = async (
  tx: Transaction,
  client: string,
  id: string,
  order: RestingOrder,
): Promise<void> => {
  await hold(tx, client, order, order.quantity);
  await tx.query(sql`
    insert into trading."order" (
      order_id, client_id, fingerprint, symbol, direction, order_type, quantity, price, collar_price,
      time_in_force, status, open_quantity, held, correlation_id
    ) values (
      ${id}, ${client}, '', ${order.symbol}, ${order.side}, 'limit', ${order.quantity},
      ${order.price}, ${order.price}, 'GTC', 'working', ${order.quantity},
      ${order.quantity * (order.side === "buy" ? order.price : 1)}, 'test')`);
};

/** Changes the hold of an order with its quantity. No cash or shares change owners here. */
const hold = async (
  tx: Transaction,
  client: string,
  order: RestingOrder,
  quantity: number,
): Promise<void> => {
  const asset = order.side === "buy" ? "USD" : order.symbol;
  const amount = quantity * (order.side === "buy" ? order.price : 1);
  if (amount === 0) return;
  const [kind, from, to] =
    amount > 0 ? ["hold", "available", "held"] : ["release", "held", "available"];
  await tx.query(sql`
    with moved as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket,
        credit_account, credit_bucket)
      values (${kind}, 'writer', ${asset}, ${Math.abs(amount)}, ${client}, ${from}, ${client}, ${to}))
    update ledger.balance
    set available = available - ${amount}::bigint, held = held + ${amount}::bigint
    where client_id = ${client} and asset = ${asset}`);
};

/** Trades of clients that do not exist: the feed does not show clients. */
const insertTrades = async (
  tx: Transaction,
  symbol: string,
  seq: number,
  trades: Trades,
): Promise<void> => {
  await tx.query(sql`
    insert into trading.trade (
      trade_id, symbol, seq, price, quantity, taker_side, maker_order_id, taker_order_id, buyer_id,
      seller_id, created_at)
    select ${symbol} || '-' || ${seq} || '-' || place - 1, ${symbol}, ${seq}, price, quantity,
      taker_side, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
      clock_timestamp()
    from unnest(
      ${trades.map(({ price }) => price)}::bigint[],
      ${trades.map(({ quantity }) => quantity)}::bigint[],
      ${trades.map(({ takerSide }) => takerSide)}::text[]
    ) with ordinality as trade (price, quantity, taker_side, place)`);
};

/**
 * Updates what settlement keeps consistent: the number of open orders of a balance, and the orders
 * in the book.
 */
const countHolds = async (tx: Transaction, client: string): Promise<void> => {
  await tx.query(sql`
    update ledger.balance
    set open_orders = (
      select count(*) from trading."order"
      where "order".client_id = balance.client_id and not closed
        and case direction when 'buy' then 'USD' else symbol end = asset)
    where client_id = ${client}`);
  await tx.query(sql`
    delete from trading.resting_order
    using trading."order"
    where "order".order_id = resting_order.order_id and closed`);
  await tx.query(sql`
    insert into trading.resting_order (symbol, order_id)
    select symbol, order_id from trading."order" where client_id = ${client} and not closed
    on conflict do nothing`);
};

const total = (
  resting: ReadonlyMap<string, RestingOrder>,
  symbol: string,
  side: Side,
  price: number,
): number =>
  [...resting.values()]
    .filter((order) => order.symbol === symbol && order.side === side && order.price === price)
    .reduce((sum, { quantity }) => sum + quantity, 0);

/** Computes the book from scratch: filter, add up, sort. */
const naiveBook = (resting: ReadonlyMap<string, RestingOrder>, symbol: string): BookDepth => {
  const side = (name: Side) => {
    const own = [...resting.values()].filter(
      (order) => order.symbol === symbol && order.side === name,
    );
    return [...new Set(own.map(({ price }) => price))]
      .sort((left, right) => (name === "buy" ? right - left : left - right))
      .map((price) => ({
        price: money(BigInt(price)) as Money,
        quantity: shares(total(resting, symbol, name, price)),
      }));
  };
  return { bids: side("buy"), asks: side("sell") };
};

/**
 * Waits until the condition holds; fails with the description when it does not within ten seconds.
 */
export const eventually = (description: string, holds: () => boolean): Promise<void> =>
  until(holds, description);
