import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { timeOut } from "../../layers/representation/fields.ts";

export const getTrialBalanceContract = contract({
  operationId: "getTrialBalance",
  summary:
    "For each asset, read the sum of all clients' available amounts, the sum of their held amounts, and the amount of each house account. Together they are zero.",
  tag: "admin",
  method: "GET",
  path: "/api/v1/admin/trial_balance",
  access: "admin",
  answers: {
    200: {
      description: "The books at one moment. Amounts are money, or shares for a symbol.",
      schema: z.strictObject({
        at: timeOut,
        assets: z.array(
          z.strictObject({
            asset: z.string(),
            accounts: z.array(z.strictObject({ account: z.string(), amount: z.string() })),
            total: z.string(),
            balanced: z.boolean(),
          }),
        ),
      }),
    },
  },
  problems: [],
});
