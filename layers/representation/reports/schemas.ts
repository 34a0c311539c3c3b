import { z } from "zod";
import { moneyOut, timeOut } from "../fields.ts";

// The JSON of the four reports, for the OpenAPI document.

const amount = z.string().meta({ description: "Money, or a number of shares." });
const day = z.string().meta({ format: "date" });

const head = {
  client: z.strictObject({ client_id: z.string(), full_name: z.string(), email: z.string() }),
  currency: z.string(),
  ...{ from: day, to: day, time_zone: z.string() },
  ...{ period_start: timeOut, period_end: timeOut },
  final: z.boolean().meta({ description: "Whether the report can no longer change." }),
};

const balances = z.array(z.strictObject({ asset: z.string(), balance: amount }));

export const statementReport = z
  .strictObject({
    ...head,
    opening: balances,
    activities: z.array(
      z.strictObject({
        ...{ time: timeOut, kind: z.string(), reference: z.string(), asset: z.string() },
        ...{ amount, balance: amount },
      }),
    ),
    open_orders: z.array(
      z.strictObject({
        ...{ created_at: timeOut, order_id: z.string(), client_order_id: z.string().nullable() },
        ...{ direction: z.string(), symbol: z.string(), open_quantity: z.int() },
        ...{ reserved_asset: z.string(), reserved_amount: amount },
      }),
    ),
    closing: balances,
  })
  .meta({ id: "StatementReport" });

export const tradesReport = z
  .strictObject({
    ...head,
    trades: z.array(
      z.strictObject({
        ...{ time: timeOut, trade_id: z.string(), order_id: z.string() },
        ...{ client_order_id: z.string().nullable(), side: z.string(), symbol: z.string() },
        ...{ quantity: z.int(), price: moneyOut, gross: moneyOut, fee: moneyOut, net: moneyOut },
        ...{ liquidity: z.enum(["maker", "taker"]), settlement_date: day },
      }),
    ),
    totals: z.array(
      z.strictObject({
        ...{ symbol: z.string(), bought_quantity: z.string(), bought: moneyOut },
        ...{ sold_quantity: z.string(), sold: moneyOut },
      }),
    ),
  })
  .meta({ id: "TradesReport" });

const gains = z.strictObject({ realized: moneyOut.nullable(), unrealized: moneyOut.nullable() });

const lot = {
  ...{ symbol: z.string(), opened_at: timeOut, open_reference: z.string() },
  ...{ quantity: z.int(), cost: moneyOut },
};

export const pnlReport = z
  .strictObject({
    ...head,
    totals: z.strictObject({ fifo: gains, average_cost: gains }),
    symbols: z.array(
      z.strictObject({
        ...{ symbol: z.string(), quantity: z.int() },
        ...{ market_price: moneyOut.nullable(), market_value: moneyOut.nullable() },
        ...{ fifo_realized: moneyOut, fifo_unrealized: moneyOut.nullable(), fifo_cost: moneyOut },
        ...{ average_realized: moneyOut, average_unrealized: moneyOut.nullable() },
        average_cost: moneyOut,
      }),
    ),
    closed_lots: z.array(
      z.strictObject({
        ...lot,
        ...{ closed_at: timeOut, close_reference: z.string(), proceeds: moneyOut },
        ...{ gain: moneyOut, days_held: z.int() },
      }),
    ),
    open_lots: z.array(z.strictObject(lot)),
  })
  .meta({ id: "PnlReport" });

export const equityReport = z
  .strictObject({
    ...head,
    interval: z.enum(["day", "hour"]),
    time_weighted_return: z.string().nullable().meta({ description: "A fraction: 0.1 is 10 %." }),
    money_weighted_return: z
      .string()
      .nullable()
      .meta({ description: "A fraction for a year of 365 days (XIRR)." }),
    points: z.array(
      z.strictObject({
        ...{ time: timeOut, cash: moneyOut, market_value: moneyOut, equity: moneyOut },
        flow: moneyOut,
      }),
    ),
  })
  .meta({ id: "EquityReport" });
