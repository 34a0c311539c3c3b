import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { newPasswordField, passwordField } from "../../layers/http/identity/identity-fields.ts";

export const changePasswordContract = contract({
  operationId: "changePassword",
  summary: "Change the password. All other sessions end.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/me/password",
  access: "client",
  stepUp: true,
  body: z.strictObject({ current_password: passwordField, password: newPasswordField }),
  answers: { 204: { description: "The password was changed." } },
  problems: ["step_up_required", "too_many_attempts"],
});
