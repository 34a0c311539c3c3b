import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { resendVerificationContract } from "./contract.ts";
import { resendVerification } from "./resend-verification.ts";

export const handler = endpoint(runtime, resendVerificationContract, async (call) => {
  const { body, correlationId } = call;
  await resendVerification(runtime, { email: body.email, correlationId });
  return { status: 202, body: { success: true } };
});
