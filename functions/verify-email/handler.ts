import { fullName } from "../../layers/domain/identity/client.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { invalidLink } from "../../layers/http/identity/identity-problems.ts";
import { runtime } from "../../layers/runtime.ts";
import { verifyEmailContract, verifyEmailPostContract } from "./contract.ts";
import { openVerificationLink, verifyEmail } from "./verify-email.ts";

/** The link of the mail, opened by a person or by a mail scanner. */
export const handler = endpoint(runtime, verifyEmailContract, async (call): Promise<Answer> => {
  const { correlationId, method } = call;
  if (method === "HEAD") return { status: 200 }; // changes nothing, as RFC 9110 requires
  return answerOf(await openVerificationLink(runtime, { token: call.query.token, correlationId }));
});

/** The button on the page of the link. */
export const postHandler = endpoint(runtime, verifyEmailPostContract, async (call) => {
  const { correlationId } = call;
  return answerOf(await verifyEmail(runtime, { token: call.body.token, correlationId }));
});

const answerOf = (outcome: Awaited<ReturnType<typeof verifyEmail>>): Answer => {
  if (!outcome.ok) throw invalidLink();
  const { email } = outcome.value;
  const client = { email, full_name: fullName(outcome.value), status: "active" };
  return { status: 200, body: { client } };
};
