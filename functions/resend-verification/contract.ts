import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { emailField } from "../../layers/http/identity/identity-fields.ts";

export const resendVerificationContract = contract({
  operationId: "resendVerification",
  summary: "Ask for another link to confirm the e-mail (UC-01). Always answers the same.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/resend_verification",
  access: "public",
  body: z.strictObject({ email: emailField }),
  answers: {
    202: {
      description: "If somebody with this e-mail has to confirm it, a mail is on its way.",
      schema: z.object({ success: z.literal(true) }),
    },
  },
  problems: [],
});
