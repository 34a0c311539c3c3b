import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";

// No contract.ts: a path that does not exist has no place in the API document.
const unknownRoute = contract({
  operationId: "unknownRoute",
  summary: "Any path that is no route",
  tag: "operations",
  method: "GET",
  path: "unknown",
  access: "public",
  query: z.unknown(),
  answers: {},
  problems: ["not_found"],
});

/** Answers every path that is no route of this service, as a problem and without naming the others. */
export const handler = endpoint(runtime, unknownRoute, () =>
  Promise.reject(notFound("There is no such route on this service.")),
);
