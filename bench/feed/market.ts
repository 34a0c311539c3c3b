import { newUuid } from "../../layers/platform/ids.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { randomBelow } from "../../layers/testing/random.ts";

const SIDE_LEVELS = 30;

/**
 * A market for the feed only: its events are written as settlement writes them, with two levels and
 * every second time a trade, over a book of thirty levels a side.
 */
export const benchMarket = (database: Database, symbol: string, seed: number) => {
  const below = randomBelow(seed);
  let seq = 0;

  const level = (side: "bid" | "ask", step = below(SIDE_LEVELS)) => ({
    price: side === "bid" ? 999_900 - step * 100 : 1_000_100 + step * 100,
    quantity: 1 + below(900),
  });

  const next = (whole: boolean) => {
    seq += 1;
    const steps = Array.from({ length: SIDE_LEVELS }, (_, step) => step);
    const depth = whole
      ? {
          bids: steps.map((step) => level("bid", step)),
          asks: steps.map((step) => level("ask", step)),
        }
      : { bids: [level("bid")], asks: [level("ask")] };
    const { price } = level("ask", below(3));
    const trade = {
      ...{ trade_id: `${symbol}-${seq}-0`, symbol, seq, price, quantity: 1 + below(50) },
      ...{ taker_side: "buy", maker_order_id: newUuid(), taker_order_id: newUuid() },
      ...{ buyer_id: newUuid(), seller_id: newUuid(), created_at: new Date().toISOString() },
    };
    return { seq, ...depth, trades: seq % 2 === 0 ? [trade] : [] };
  };

  /**
   * Commits several events together and notifies; returns the last number and the time of the
   * commit.
   */
  const settle = async (
    count: number,
    whole = false,
  ): Promise<{ readonly seq: number; readonly committedAt: bigint }> => {
    const events = Array.from({ length: count }, () => next(whole));
    const trades = events.flatMap((event) => event.trades);
    await database.query(sql`
      with moved as (
        update trading.book set settled_seq = ${seq} where symbol = ${symbol}
      ), traded as (
        insert into trading.trade
        select *
        from jsonb_populate_recordset(null::trading.trade, ${JSON.stringify(trades)}::jsonb)
      )
      insert into market.event (symbol, first_seq, last_seq, trades, bids, asks)
      select ${symbol}, seq, seq, jsonb_array_length(trades), bids, asks
      from jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
        as made (seq bigint, trades jsonb, bids market.level[], asks market.level[])`);
    const committedAt = process.hrtime.bigint();
    await database.query(sql`select pg_notify('brokerx_market', '')`);
    return { seq, committedAt };
  };

  /** Batches of a symbol are settled one after the other, as by its worker. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn: typeof settle = (count, whole) => {
    const settled = turn.then(() => settle(count, whole));
    turn = settled;
    return settled;
  };
  return { settle: inTurn };
};
