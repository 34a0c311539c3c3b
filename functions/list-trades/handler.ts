import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound } from "../../layers/http/problem.ts";
import { showTrade } from "../../layers/representation/market.ts";
import { runtime } from "../../layers/runtime.ts";
import { readTape } from "../../layers/store/market/market-data.ts";
import { listTradesContract } from "./contract.ts";

export const handler = endpoint(runtime, listTradesContract, async ({ params, query }) => {
  const { symbol } = params;
  const { after: before, limit } = query;
  const tape = await readTape(runtime.database, symbol, { before, limit: limit + 1 });
  if (tape === undefined) throw notFound("There is no such instrument.");
  // A trade's id consists of its symbol, its command and its position among the command's trades.
  const place = ({ tradeId }: { readonly tradeId: string }) => tradeId.slice(symbol.length + 1);
  const { page, next_page_token } = cutPage(tape.rows, limit, place);
  const trades = page.map((trade) => showTrade(symbol, trade));
  return { status: 200, body: { symbol, seq: tape.seq, trades, next_page_token } };
});
