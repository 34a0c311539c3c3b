import { type Money, money } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A request for the last price of an instrument before an instant, or up to and including it. */
export type PriceQuestion = {
  readonly symbol: string;
  readonly at: Date;
  readonly including: boolean;
};

const QUESTIONS_AT_ONCE = 2_000;

/**
 * Returns the price of the last trade for each question or, before an instrument's first trade, its
 * reference price at that time, as in the portfolio. Undefined when both are missing.
 */
export const lastPrices = async (
  db: Executor,
  questions: readonly PriceQuestion[],
): Promise<readonly (Money | undefined)[]> => {
  const prices: (Money | undefined)[] = [];
  for (let start = 0; start < questions.length; start += QUESTIONS_AT_ONCE) {
    const part = questions.slice(start, start + QUESTIONS_AT_ONCE);
    const { rows } = await db.query<{ readonly price: bigint | null }>(sql`
      select coalesce(last.price,
        case when former.until is null then instrument.reference_price else former.price end
      ) as price
      from unnest(
        ${part.map(({ symbol }) => symbol)}::text[],
        ${part.map(({ at, including }) => new Date(at.getTime() + (including ? 1 : 0)))}::timestamptz[]
      ) with ordinality as asked (symbol, before, n)
      left join market.instrument on instrument.symbol = asked.symbol
      left join lateral (
        select price
        from trading.trade
        where trade.symbol = asked.symbol and created_at < asked.before
        order by created_at desc, seq desc, trading.trade_index(trade_id) desc
        limit 1
      ) as last on true
      left join lateral (
        select until, price
        from market.former_reference_price
        where former_reference_price.symbol = asked.symbol and until >= asked.before
        order by until
        limit 1
      ) as former on true
      order by n`);
    for (const { price } of rows) prices.push(price === null ? undefined : money(price));
  }
  return prices;
};
