import { fullName } from "../../layers/domain/identity/client.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { invalidLink } from "../../layers/http/identity-problems.ts";
import { runtime } from "../../layers/runtime.ts";
import { verifyEmailContract, verifyEmailPostContract } from "./contract.ts";
import { verifyEmail } from "./verify-email.ts";

/** The link of the mail. */
export const handler = endpoint(runtime, verifyEmailContract, (call) =>
  answer(call.query.token, call.correlationId),
);

/** The same for programs. */
export const postHandler = endpoint(runtime, verifyEmailPostContract, (call) =>
  answer(call.body.token, call.correlationId),
);

const answer = async (token: string, correlationId: string): Promise<Answer> => {
  const outcome = await verifyEmail(runtime, { token, correlationId });
  if (!outcome.ok) throw invalidLink();
  const { email } = outcome.value;
  const client = { email, full_name: fullName(outcome.value), status: "active" };
  return { status: 200, body: { client } };
};
