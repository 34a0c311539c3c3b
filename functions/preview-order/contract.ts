import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderBody } from "../../layers/http/orders/order-fields.ts";
import { moneyOut } from "../../layers/representation/fields.ts";

const checkOut = z
  .strictObject({
    check: z.string().meta({ examples: ["buying_power"] }),
    limit: z.string(),
    value: z.string(),
    ok: z.boolean(),
    code: z
      .string()
      .nullable()
      .meta({
        description: "The code with which placing the order would be refused by this check.",
        examples: ["insufficient_funds"],
      }),
  })
  .meta({ id: "Check" });

export const previewOrderContract = contract({
  operationId: "previewOrder",
  summary:
    "Run all checks of an order except the check of the order rate. The order is not placed, and nothing is written.",
  tag: "orders",
  method: "POST",
  path: "/api/v1/orders/preview",
  access: "client",
  body: orderBody,
  answers: {
    200: {
      description: "Every check with its limit and value, in the order of the checks.",
      schema: z.strictObject({
        ok: z.boolean().meta({ description: "True when the order would be accepted now." }),
        worst_price: moneyOut.nullable().meta({
          description: "The worst price it may trade at: its limit, or its collar.",
        }),
        reserved_amount: moneyOut.nullable().meta({
          description: "The cash that the order would hold; a sell order holds shares and no cash.",
        }),
        checks: z.array(checkOut),
      }),
    },
  },
  problems: [],
});
