import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { profileOut } from "../../layers/http/identity/identity-fields.ts";

export const closeAccountContract = contract({
  operationId: "closeAccount",
  summary:
    "Close the account, which must be empty. Sessions and API keys end. The journal and the history of the account are kept.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/me/close",
  access: "client",
  stepUp: true,
  body: z.strictObject({}),
  answers: { 200: { description: "The account is closed.", schema: profileOut } },
  problems: ["step_up_required", "account_not_empty", "client_not_active"],
});
