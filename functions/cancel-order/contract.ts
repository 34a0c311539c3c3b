import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderIdField } from "../../layers/http/fields.ts";
import { waitHeader } from "../../layers/http/orders/prefer.ts";
import { clientVersionField } from "../../layers/http/version.ts";
import { orderOut } from "../../layers/representation/order.ts";

const promise = {
  tag: "orders",
  access: "client",
  params: z.strictObject({ id: orderIdField }),
  headers: waitHeader,
  answers: {
    200: { description: "The order is cancelled.", schema: orderOut },
    202: {
      description: "The matcher has not decided yet: `pending_action` is `pending_cancel`.",
      schema: orderOut,
    },
  },
} as const;

export const cancelOrderContract = contract({
  ...promise,
  operationId: "cancelOrder",
  summary: "Cancel an order if it has not changed since it was read (UC-06).",
  method: "POST",
  path: "/api/v1/orders/{id}/cancel",
  body: z
    .strictObject({ client_version: clientVersionField })
    .meta({ id: "CancelRequest", required: ["client_version"], examples: [{ client_version: 0 }] }),
  problems: ["missing_version", "version_conflict", "invalid_state", "not_found"],
});

export const deleteOrderContract = contract({
  ...promise,
  operationId: "deleteOrder",
  summary: "Cancel an order, whatever its version is now.",
  method: "DELETE",
  path: "/api/v1/orders/{id}",
  problems: ["invalid_state", "not_found"],
});
