import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { orderIdField } from "../../layers/http/fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { moneyOut, timeOut } from "../../layers/representation/fields.ts";

const termsOut = z
  .strictObject({
    quantity: z.int(),
    price: moneyOut.nullable(),
    stop_price: moneyOut.nullable(),
  })
  .meta({ id: "AmendableTerms" });

const amendmentOut = z
  .strictObject({
    amendment_id: z.uuid(),
    order_id: z.uuid(),
    status: z.enum(["requested", "applied", "refused"]),
    reason: z.string().nullable().meta({ description: "Why it was refused." }),
    before: termsOut,
    after: termsOut,
    created_at: timeOut,
    decided_at: timeOut.nullable(),
  })
  .meta({ id: "Amendment" });

export const listAmendmentsContract = contract({
  operationId: "listAmendments",
  summary: "List the replaces of an order with their outcomes, oldest first.",
  tag: "orders",
  method: "GET",
  path: "/api/v1/orders/{id}/amendments",
  access: "client",
  params: z.strictObject({ id: orderIdField }),
  query: z.strictObject(pageQuery),
  answers: {
    200: {
      description: "A page of amendments.",
      schema: z.strictObject({ amendments: z.array(amendmentOut), next_page_token: nextPageToken }),
    },
  },
  problems: ["not_found"],
});
