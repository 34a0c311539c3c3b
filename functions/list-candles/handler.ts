import type { Candle } from "../../layers/domain/market/candle.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { readCandles } from "../../layers/store/market/market-data.ts";
import { listCandlesContract } from "./contract.ts";

export const handler = endpoint(runtime, listCandlesContract, async ({ params, query }) => {
  const { symbol } = params;
  const { interval, after: before, limit } = query;
  const found = await readCandles(runtime.database, symbol, { interval, before, limit: limit + 1 });
  if (found === undefined) throw notFound("There is no such instrument.");
  const { page, next_page_token } = cutPage(found.rows, limit, opening);
  const { seq } = found;
  return { status: 200, body: { symbol, interval, seq, candles: page.map(show), next_page_token } };
});

const opening = ({ opensAt }: Candle): string => opensAt.toISOString();

const show = (candle: Candle) => ({
  opens_at: opening(candle),
  open: formatMoney(candle.open),
  high: formatMoney(candle.high),
  low: formatMoney(candle.low),
  close: formatMoney(candle.close),
  volume: Number(candle.volume),
  trades: candle.trades,
});
