import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderIdField } from "../../layers/http/fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { moneyOut, timeOut } from "../../layers/representation/fields.ts";

const fillOut = z
  .strictObject({
    trade_id: z.string(),
    order_id: z.uuid(),
    symbol: z.string(),
    direction: z.enum(["buy", "sell"]),
    price: moneyOut,
    quantity: z.int(),
    liquidity: z.enum(["maker", "taker"]).meta({
      description: "Whether the order rested in the book when it traded, or took liquidity.",
    }),
    executed_at: timeOut,
  })
  .meta({ id: "Fill" });

export const listOrderTradesContract = contract({
  operationId: "listOrderTrades",
  summary: "List the trades of an order, oldest first.",
  tag: "orders",
  method: "GET",
  path: "/api/v1/orders/{id}/trades",
  access: "client",
  params: z.strictObject({ id: orderIdField }),
  query: z.strictObject({
    limit: pageQuery.limit,
    after: z
      .string()
      .regex(
        /^[A-Z]{1,6}-[0-9]{1,15}-[0-9]{1,9}$/,
        "must be the next_page_token of the page before",
      )
      .optional()
      .meta({ description: "The next_page_token of the page before." }),
  }),
  answers: {
    200: {
      description: "A page of trades.",
      schema: z.strictObject({ trades: z.array(fillOut), next_page_token: nextPageToken }),
    },
  },
  problems: ["not_found"],
});
