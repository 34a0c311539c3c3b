import { readFileSync } from "node:fs";
import { endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { getDocsContract, getDocsFileContract, getOpenapiContract } from "./contract.ts";
import { movePorts, readDocsFile } from "./docs-page.ts";

// The files are deployed next to the bundle and read once; functions run in the service's folder.
const document = movePorts(readFileSync("docs/openapi.json", "utf8"), runtime.config.portOffset);

const answerFile = async (name: string) => {
  const file = readDocsFile(name);
  if (file === undefined) throw notFound("The API page has no such file.");
  return { status: 200, ...file };
};

/** `GET /openapi.json`. */
export const handler = endpoint(runtime, getOpenapiContract, async () => ({
  status: 200,
  body: document,
}));

/** `GET /docs`. */
export const docsHandler = endpoint(runtime, getDocsContract, () => answerFile("docs.html"));

/** `GET /docs/{file}`. */
export const docsFileHandler = endpoint(runtime, getDocsFileContract, ({ params }) =>
  answerFile(params.file),
);
