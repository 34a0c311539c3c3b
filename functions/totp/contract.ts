import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { secondFactorField } from "../../layers/http/identity/identity-fields.ts";

const promise = { tag: "identity", access: "client", stepUp: true } as const;

export const beginTotpContract = contract({
  ...promise,
  operationId: "beginTotp",
  summary: "Set up an authenticator app: returns its secret as text, URI and QR code.",
  method: "POST",
  path: "/api/v1/clients/me/totp",
  body: z.strictObject({}),
  answers: {
    201: {
      description: "The secret, shown once. It takes effect when a code confirms it.",
      schema: z.object({
        secret: z.string().meta({ description: "Base32, to be typed by hand." }),
        otpauth_uri: z.string(),
        qr_code: z.string().meta({ description: "The URI as an SVG image." }),
      }),
    },
  },
  problems: ["step_up_required", "totp_in_use"],
});

export const confirmTotpContract = contract({
  ...promise,
  operationId: "confirmTotp",
  summary: "Confirm the authenticator app by a code. From then on logins ask for its codes.",
  method: "POST",
  path: "/api/v1/clients/me/totp/confirm",
  body: z.strictObject({ code: secondFactorField }),
  answers: {
    200: {
      description: "Ten recovery codes, shown once. Each works once in place of a code of the app.",
      schema: z.object({ recovery_codes: z.array(z.string()) }),
    },
  },
  problems: ["step_up_required", "wrong_code", "too_many_attempts"],
});

export const removeTotpContract = contract({
  ...promise,
  operationId: "removeTotp",
  summary: "Remove the authenticator app. The body has a code of the app or a recovery code.",
  method: "DELETE",
  path: "/api/v1/clients/me/totp",
  body: z.strictObject({ code: secondFactorField }),
  answers: { 204: { description: "Logins mail their codes again." } },
  problems: ["step_up_required", "wrong_code", "too_many_attempts"],
});
