import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { emailField, linkTokenField } from "../../layers/http/identity/identity-fields.ts";

export const changeEmailContract = contract({
  operationId: "changeEmail",
  summary:
    "Request a new e-mail address. It is used after its owner has confirmed it with a mailed link.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/me/email",
  access: "client",
  stepUp: true,
  body: z.strictObject({ email: emailField }),
  answers: { 202: { description: "A link was sent to the new address." } },
  problems: ["step_up_required"],
});

export const confirmEmailContract = contract({
  operationId: "confirmEmail",
  summary: "Confirm a new e-mail address by the token of the mailed link.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/me/email/confirm",
  access: "public",
  body: z.strictObject({ token: linkTokenField }),
  answers: {
    200: {
      description: "The new address is in use.",
      schema: z.object({ client: z.object({ email: z.string().meta({ format: "email" }) }) }),
    },
  },
  problems: ["invalid_link"],
});
