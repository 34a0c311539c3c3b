import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { refreshTokenField } from "../../layers/http/identity/identity-fields.ts";

export const logoutContract = contract({
  operationId: "logout",
  summary:
    "End the session of the refresh token (in the body or the session cookie). Without one, end the session of the bearer token.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/logout",
  access: "public",
  body: z.strictObject({ refresh_token: refreshTokenField.optional() }),
  answers: { 204: { description: "The session has ended, now or before." } },
  problems: [],
});
