import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { uuidField } from "../../layers/http/identity/identity-fields.ts";

const promise = {
  tag: "identity",
  method: "DELETE",
  access: "client",
  answers: { 204: { description: "Their tokens are refused within five seconds." } },
} as const;

export const endSessionContract = contract({
  ...promise,
  operationId: "endSession",
  summary: "End a session.",
  path: "/api/v1/auth/sessions/{id}",
  params: z.strictObject({ id: uuidField }),
  problems: ["not_found"],
});

export const endOtherSessionsContract = contract({
  ...promise,
  operationId: "endOtherSessions",
  summary: "End all sessions except the current one.",
  path: "/api/v1/auth/sessions",
  problems: [],
});
