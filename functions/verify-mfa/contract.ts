import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import {
  challengeIdField,
  emailField,
  secondFactorField,
} from "../../layers/http/identity/identity-fields.ts";
import { tokenPairOut } from "../../layers/http/identity/session-answer.ts";

export const verifyMfaContract = contract({
  operationId: "verifyMfa",
  summary:
    "Log in, second step (UC-02): the code, with the challenge_id of the first step. A request from the same network address as the first step can contain the client's e-mail address instead of the challenge_id.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/verify_mfa",
  access: "public",
  body: z
    .strictObject({
      challenge_id: challengeIdField.optional(),
      email: emailField.optional(),
      code: secondFactorField,
      session: z.enum(["token", "cookie"]).default("token").meta({
        description:
          "Where the refresh token is returned: in the body or, for a page, in a cookie.",
      }),
    })
    .refine(({ challenge_id, email }) => challenge_id !== undefined || email !== undefined, {
      path: ["challenge_id"],
      error: "is required, or else email",
      params: { code: "required" },
    }),
  answers: {
    200: {
      description: "Logged in.",
      schema: tokenPairOut,
    },
  },
  problems: ["invalid_code"],
});
