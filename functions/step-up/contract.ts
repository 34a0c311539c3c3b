import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { challengeOut, secondFactorField } from "../../layers/http/identity/identity-fields.ts";

export const stepUpContract = contract({
  operationId: "stepUp",
  summary:
    "Confirm the second factor again. Without `code`, a code is mailed unless the client has an authenticator app. With `code`, the answer is a token whose `auth_time` is now.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/auth/step_up",
  access: "client",
  body: z.strictObject({ code: secondFactorField.optional() }),
  answers: {
    200: {
      description: "A new access token of the same session.",
      schema: z.object({
        token: z.string(),
        token_type: z.literal("Bearer"),
        expires_in: z.int().meta({ description: "Seconds the token works." }),
      }),
    },
    202: {
      description: "A code is needed. It is valid for ten minutes and five tries.",
      schema: challengeOut,
    },
  },
  problems: ["invalid_code", "too_many_challenges", "scope_required"],
});
