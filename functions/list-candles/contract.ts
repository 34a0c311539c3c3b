import { z } from "zod";
import { CANDLE_SECONDS, type CandleInterval } from "../../layers/domain/market/candle.ts";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { moneyOut, timeOut } from "../../layers/representation/fields.ts";
import { seqOut } from "../../layers/representation/market.ts";

const INTERVALS = Object.keys(CANDLE_SECONDS) as CandleInterval[];

const candleOut = z
  .strictObject({
    opens_at: timeOut,
    open: moneyOut,
    high: moneyOut,
    low: moneyOut,
    close: moneyOut,
    volume: z.int(),
    trades: z.int(),
  })
  .meta({ id: "Candle" });

export const listCandlesContract = contract({
  operationId: "listCandles",
  summary: "Read the candles of a symbol, newest first. A span without trades has no candle.",
  tag: "market",
  method: "GET",
  path: "/api/v1/instruments/{symbol}/candles",
  access: "client",
  params: z.strictObject({ symbol: symbolField }),
  query: z.strictObject({
    interval: z.enum(INTERVALS).default("1m"),
    limit: pageQuery.limit,
    after: z.iso
      .datetime("must be the next_page_token of the previous page")
      .transform((text) => new Date(text))
      .optional()
      .meta({
        description: "The next_page_token of the previous page: candles that open earlier.",
      }),
  }),
  answers: {
    200: {
      description: "A page of candles.",
      schema: z.strictObject({
        symbol: z.string(),
        interval: z.enum(INTERVALS),
        seq: seqOut,
        candles: z.array(candleOut),
        next_page_token: nextPageToken,
      }),
    },
  },
  problems: [],
});
