import { z } from "zod";
import { clientIdField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { orderOut } from "../../layers/representation/order.ts";

export const listClientOrdersContract = contract({
  operationId: "listClientOrders",
  summary: "List a client's orders, newest first.",
  tag: "admin",
  method: "GET",
  path: "/api/v1/admin/clients/{client_id}/orders",
  access: "admin",
  params: z.strictObject({ client_id: clientIdField }),
  query: z.strictObject({
    ...pageQuery,
    status: z.enum(["open", "closed", "all"]).default("all"),
    symbol: symbolField.optional(),
  }),
  answers: {
    200: {
      description: "A page of orders.",
      schema: z.strictObject({ orders: z.array(orderOut), next_page_token: nextPageToken }),
    },
  },
  problems: ["not_found"],
});
