import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";
import { waitHeader } from "../../layers/http/orders/prefer.ts";
import { orderOut } from "../../layers/representation/order.ts";

const resultOut = z
  .strictObject({
    order_id: z.uuid(),
    status: z.union([z.literal(200), z.literal(202), z.literal(422)]).meta({
      description:
        "The status that `DELETE /orders/{id}` would return: 200 cancelled, 202 still pending, 422 already ended.",
    }),
    code: z.literal("invalid_state").nullable().meta({
      description: "The code of the problem, if any.",
    }),
    order: orderOut,
  })
  .meta({ id: "CancelResult" });

export const cancelOrdersContract = contract({
  operationId: "cancelOrders",
  summary: "Cancel all open orders, or those of one symbol.",
  tag: "orders",
  method: "DELETE",
  path: "/api/v1/orders",
  access: "client",
  headers: waitHeader,
  query: z.strictObject({ symbol: symbolField.optional() }),
  answers: {
    207: {
      description: "A result for each order, newest first. Without open orders the list is empty.",
      schema: z.strictObject({
        results: z.array(resultOut),
        more: z.boolean().meta({
          description:
            "True when there were more than 500 open orders: repeat the request for the rest.",
        }),
      }),
    },
  },
  problems: [],
});
