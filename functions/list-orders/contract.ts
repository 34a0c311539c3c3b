import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";
import { clientOrderIdField } from "../../layers/http/orders/order-fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { orderOut } from "../../layers/representation/order.ts";

export const listOrdersContract = contract({
  operationId: "listOrders",
  summary: "List orders, newest first, or find an order by its client_order_id.",
  tag: "orders",
  method: "GET",
  path: "/api/v1/orders",
  access: "client",
  query: z.strictObject({
    ...pageQuery,
    status: z.enum(["open", "closed", "all"]).default("all"),
    symbol: symbolField.optional(),
    client_order_id: clientOrderIdField.optional(),
  }),
  answers: {
    200: {
      description: "A page of orders.",
      schema: z.strictObject({ orders: z.array(orderOut), next_page_token: nextPageToken }),
    },
  },
  problems: [],
});
