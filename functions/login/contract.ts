import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import {
  challengeOut,
  emailField,
  passwordField,
} from "../../layers/http/identity/identity-fields.ts";

export const loginContract = contract({
  operationId: "login",
  summary:
    "Log in, first step (UC-02): the password. A six-digit code is mailed, unless the client has an authenticator app.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/login",
  access: "public",
  body: z.strictObject({ email: emailField, password: passwordField }).meta({
    examples: [{ email: "ada@example.org", password: "a long and unusual pass phrase" }],
  }),
  answers: {
    200: {
      description:
        "The code is on its way, or shown by the authenticator app; the challenge lasts ten minutes and five tries.",
      schema: challengeOut,
    },
  },
  problems: ["invalid_credentials", "too_many_attempts", "too_many_challenges"],
});
