import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { forgotPasswordContract } from "./contract.ts";
import { forgotPassword } from "./forgot-password.ts";

export const handler = endpoint(runtime, forgotPasswordContract, async (call) => {
  await forgotPassword(runtime, { email: call.body.email, correlationId: call.correlationId });
  return { status: 202 };
});
