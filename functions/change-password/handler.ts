import { endpoint } from "../../layers/http/endpoint.ts";
import {
  refusedField,
  refusedPassword,
  tooManyAttempts,
} from "../../layers/http/identity/identity-problems.ts";
import type { Problem } from "../../layers/http/problem.ts";
import { passwords } from "../../layers/platform/credentials/passwords.ts";
import { runtime } from "../../layers/runtime.ts";
import { type ChangePasswordRefusal, changePassword } from "./change-password.ts";
import { changePasswordContract } from "./contract.ts";

export const handler = endpoint(runtime, changePasswordContract, async (call) => {
  const { client: clientId, credential, correlationId } = call;
  const { current_password: currentPassword, password } = call.body;
  const outcome = await changePassword(
    { ...runtime, passwords },
    {
      ...{ clientId, sessionId: credential.id, currentPassword, password, correlationId },
    },
  );
  if (!outcome.ok) throw refused(outcome.failure);
  return { status: 204 };
});

const refused = (failure: ChangePasswordRefusal): Problem => {
  switch (failure.code) {
    case "too_many_attempts":
      return tooManyAttempts(failure.retryAfterSeconds);
    case "wrong_password":
      return refusedField("current_password", failure.code, "is not the current password");
    case "common_password":
    case "password_is_email":
      return refusedPassword("password", failure.code);
  }
};
