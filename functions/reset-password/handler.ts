import { endpoint } from "../../layers/http/endpoint.ts";
import { invalidResetLink, refusedPassword } from "../../layers/http/identity/identity-problems.ts";
import { passwords } from "../../layers/platform/credentials/passwords.ts";
import { runtime } from "../../layers/runtime.ts";
import { resetPasswordContract } from "./contract.ts";
import { resetPassword } from "./reset-password.ts";

export const handler = endpoint(runtime, resetPasswordContract, async (call) => {
  const { correlationId, body } = call;
  const outcome = await resetPassword({ ...runtime, passwords }, { ...body, correlationId });
  if (outcome.ok) return { status: 204 };
  const { code } = outcome.failure;
  throw code === "invalid_link" ? invalidResetLink() : refusedPassword("password", code);
});
