import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { depositOut } from "../../layers/representation/deposit.ts";

export const listDepositsContract = contract({
  operationId: "listDeposits",
  summary: "List deposits, newest first.",
  tag: "cash",
  method: "GET",
  path: "/api/v1/deposits",
  access: "client",
  query: z.strictObject(pageQuery),
  answers: {
    200: {
      description: "A page of deposits.",
      schema: z.strictObject({ deposits: z.array(depositOut), next_page_token: nextPageToken }),
    },
  },
  problems: [],
});
