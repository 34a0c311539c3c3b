import { AGE_MIN, type ApplicationRefusal, fullName } from "../../layers/domain/identity/client.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { refusedField, refusedPassword } from "../../layers/http/identity/identity-problems.ts";
import type { Problem } from "../../layers/http/problem.ts";
import { passwords } from "../../layers/platform/credentials/passwords.ts";
import { runtime } from "../../layers/runtime.ts";
import { registerContract } from "./contract.ts";
import { register } from "./register.ts";

export const handler = endpoint(runtime, registerContract, async ({ body, correlationId }) => {
  const { email, password, first_name, last_name, date_of_birth } = body.client;
  const application = {
    ...{ email, password, firstName: first_name, lastName: last_name },
    dateOfBirth: date_of_birth,
  };
  const outcome = await register({ ...runtime, passwords }, { application, correlationId });
  if (!outcome.ok) throw refused(outcome.failure);
  const client = { email, full_name: fullName(application), status: "pending" };
  return { status: 201, body: { client } };
});

const refused = ({ code }: ApplicationRefusal): Problem => {
  switch (code) {
    case "born_in_the_future":
      return refusedField("client.date_of_birth", code, "must be in the past");
    case "too_young":
      return refusedField("client.date_of_birth", code, `must be at least ${AGE_MIN} years ago`);
    case "common_password":
    case "password_is_email":
      return refusedPassword("client.password", code);
  }
};
