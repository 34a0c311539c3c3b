import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderIdField } from "../../layers/http/fields.ts";
import { orderOut } from "../../layers/representation/order.ts";

export const getOrderContract = contract({
  operationId: "getOrder",
  summary: "Read one order.",
  tag: "orders",
  method: "GET",
  path: "/api/v1/orders/{id}",
  access: "client",
  params: z.strictObject({ id: orderIdField }),
  answers: { 200: { description: "The order.", schema: orderOut } },
  problems: ["not_found"],
});
