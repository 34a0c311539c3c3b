import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";

// There is no contract.ts: an unknown path has no place in the API document.
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

/** Answers every unknown path with a problem, without naming the routes that exist. */
export const handler = endpoint(runtime, unknownRoute, () =>
  Promise.reject(notFound("There is no such route on this service.")),
);
