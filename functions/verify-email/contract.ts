import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { clientOut, linkTokenField } from "../../layers/http/identity/identity-fields.ts";

const request = z.strictObject({ token: linkTokenField });

const promise = {
  tag: "identity",
  path: "/api/v1/clients/verify",
  access: "public",
  answers: {
    200: {
      description:
        "The e-mail address is confirmed: the client may log in. Opened by GET, the account itself opens at the first login, and operators see a `pending` client with a confirmed e-mail until then.",
      schema: clientOut("active"),
    },
  },
  problems: ["invalid_verification_token"],
} as const;

export const verifyEmailContract = contract({
  ...promise,
  operationId: "verifyEmail",
  summary:
    "For programs that do not use the web page: confirm the e-mail with the token of the mailed link (UC-01). This does not open the account yet: it opens when the client logs in for the first time. If there were several sign-ups with this address, the login needs the password of the sign-up whose link was followed.",
  method: "GET",
  query: request,
});

export const verifyEmailPostContract = contract({
  ...promise,
  operationId: "verifyEmailPost",
  summary: "Confirm the e-mail with the token of the mailed link (UC-01) and open the account.",
  method: "POST",
  body: request,
});
