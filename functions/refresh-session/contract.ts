import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { refreshTokenField } from "../../layers/http/identity/identity-fields.ts";
import { tokenPairOut } from "../../layers/http/identity/session-answer.ts";

export const refreshSessionContract = contract({
  operationId: "refreshSession",
  summary:
    "Exchange a refresh token, from the body or the session cookie, for a new pair. Within ten seconds, the same token gets the same new pair again. If the same token is used again after that, the session ends.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/refresh",
  access: "public",
  body: z.strictObject({ refresh_token: refreshTokenField.optional() }),
  answers: { 200: { description: "The new pair.", schema: tokenPairOut } },
  problems: ["invalid_refresh_token"],
});
