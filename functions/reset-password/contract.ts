import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { linkTokenField, newPasswordField } from "../../layers/http/identity/identity-fields.ts";

export const resetPasswordContract = contract({
  operationId: "resetPassword",
  summary:
    "Choose a new password with the token of a mailed link. All sessions end, and all API keys are revoked.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/password/reset",
  access: "public",
  body: z.strictObject({ token: linkTokenField, password: newPasswordField }),
  answers: { 204: { description: "The password was changed." } },
  problems: ["invalid_link"],
});
