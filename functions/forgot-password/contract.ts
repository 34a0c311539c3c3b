import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { emailField } from "../../layers/http/identity/identity-fields.ts";

export const forgotPasswordContract = contract({
  operationId: "forgotPassword",
  summary: "Request a link to choose a new password. The answer is the same for unknown addresses.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/password/forgot",
  access: "public",
  body: z.strictObject({ email: emailField }),
  answers: { 202: { description: "If there is such a client, a link was sent." } },
  problems: [],
});
