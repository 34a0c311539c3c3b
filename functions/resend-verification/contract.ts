import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { emailField } from "../../layers/http/identity/identity-fields.ts";

export const resendVerificationContract = contract({
  operationId: "resendVerification",
  summary: "Request another link to confirm the e-mail (UC-01). The answer is always the same.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/resend_verification",
  access: "public",
  body: z.strictObject({ email: emailField }),
  answers: {
    202: {
      description: "If a sign-up with this e-mail is not confirmed, a mail was sent.",
      schema: z.object({ success: z.literal(true) }),
    },
  },
  problems: [],
});
