import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound, tooManyRequests } from "../../layers/http/problem.ts";
import { showBook } from "../../layers/representation/market.ts";
import { runtime } from "../../layers/runtime.ts";
import { readBooks } from "../../layers/store/market/market-events.ts";
import { getBookContract } from "./contract.ts";

export const handler = endpoint(runtime, getBookContract, async (call) => {
  const { client, params, query } = call;
  const [book] = await runtime.snapshots.run(
    client,
    () => readBooks(runtime.database, [params.symbol]),
    async () => {
      throw tooManyRequests("Too many books are being read for this client.");
    },
  );
  if (book === undefined) throw notFound("There is no such instrument.");
  return { status: 200, body: showBook(book, query.levels ?? Number.POSITIVE_INFINITY) };
});
