import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";

/** The document describes routes and contains no data, so it is public. */
export const getOpenapiContract = contract({
  operationId: "getOpenapi",
  summary: "The OpenAPI document, with the ports of this system",
  tag: "operations",
  method: "GET",
  path: "/openapi.json",
  access: "public",
  answers: {
    200: { description: "OpenAPI 3.1.", schema: z.record(z.string(), z.unknown()) },
  },
  problems: [],
});

/** Identity serves it, because a new client starts there. */
export const getDocsContract = contract({
  operationId: "getDocs",
  summary: "The API reference page, which can send requests",
  tag: "operations",
  method: "GET",
  path: "/docs",
  access: "public",
  answers: { 200: { description: "HTML.", schema: z.string(), mediaType: "text/html" } },
  problems: [],
});

/** The page loads no script or style of another site. */
export const getDocsFileContract = contract({
  operationId: "getDocsFile",
  summary: "A script or style of the API reference page",
  tag: "operations",
  method: "GET",
  path: "/docs/{file}",
  access: "public",
  params: z.strictObject({ file: z.string().max(40) }),
  answers: { 200: { description: "The file.", schema: z.string(), mediaType: "text/javascript" } },
  problems: ["not_found"],
});
