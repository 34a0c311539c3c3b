import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { uuidField } from "../../layers/http/identity/identity-fields.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { withdrawalOut } from "../../layers/representation/withdrawal.ts";

const promise = { tag: "cash", method: "GET", access: "client" } as const;

export const listWithdrawalsContract = contract({
  ...promise,
  operationId: "listWithdrawals",
  summary: "List withdrawals, newest first.",
  path: "/api/v1/withdrawals",
  query: z.strictObject(pageQuery),
  answers: {
    200: {
      description: "A page of withdrawals.",
      schema: z.strictObject({
        withdrawals: z.array(withdrawalOut),
        next_page_token: nextPageToken,
      }),
    },
  },
  problems: [],
});

export const getWithdrawalContract = contract({
  ...promise,
  operationId: "getWithdrawal",
  summary: "Read a withdrawal.",
  path: "/api/v1/withdrawals/{id}",
  params: z.strictObject({ id: uuidField }),
  answers: { 200: { description: "The withdrawal.", schema: withdrawalOut } },
  problems: ["not_found"],
});
