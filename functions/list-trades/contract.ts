import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { seqOut, tradeOut } from "../../layers/representation/market.ts";

export const listTradesContract = contract({
  operationId: "listTrades",
  summary: "Read the trades of a symbol, newest first.",
  tag: "market",
  method: "GET",
  path: "/api/v1/instruments/{symbol}/trades",
  access: "client",
  params: z.strictObject({ symbol: symbolField }),
  query: z.strictObject({
    limit: pageQuery.limit,
    after: z
      .string()
      .regex(/^[0-9]{1,15}-[0-9]{1,9}$/, "must be the next_page_token of the previous page")
      .transform((token) => {
        const [seq = "", index = ""] = token.split("-");
        return { seq: Number(seq), index: Number(index) };
      })
      .optional()
      .meta({ description: "The next_page_token of the previous page." }),
  }),
  answers: {
    200: {
      description: "A page of trades.",
      schema: z.strictObject({
        symbol: z.string(),
        seq: seqOut,
        trades: z.array(tradeOut),
        next_page_token: nextPageToken,
      }),
    },
  },
  problems: [],
});
