import { readFileSync } from "node:fs";
import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { getDocsContract, getOpenapiContract } from "./contract.ts";
import { docsHeaders } from "./docs-page.ts";

// Both files travel beside the bundle and are read once; functions run in the service's folder.
const document = readFileSync("docs/openapi.json", "utf8");
const page = readFileSync("functions/get-openapi/docs.html", "utf8");
const headers = docsHeaders(page);

/** `GET /openapi.json`. */
export const handler = endpoint(runtime, getOpenapiContract, async () => ({
  status: 200,
  body: document,
}));

/** `GET /docs`. */
export const docsHandler = endpoint(runtime, getDocsContract, async () => ({
  status: 200,
  headers,
  body: page,
}));
