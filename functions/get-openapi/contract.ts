import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";

/** The document names routes and shapes only, so anybody may read it. */
export const getOpenapiContract = contract({
  operationId: "getOpenapi",
  summary: "This document",
  tag: "operations",
  method: "GET",
  path: "/openapi.json",
  access: "public",
  answers: {
    200: { description: "OpenAPI 3.1.", schema: z.record(z.string(), z.unknown()) },
  },
  problems: [],
});

/** Served by identity, where a stranger starts. */
export const getDocsContract = contract({
  operationId: "getDocs",
  summary: "A page to read this document and to try it",
  tag: "operations",
  method: "GET",
  path: "/docs",
  access: "public",
  answers: { 200: { description: "HTML.", schema: z.string(), mediaType: "text/html" } },
  problems: [],
});
