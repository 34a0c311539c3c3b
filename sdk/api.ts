import type { Client } from "openapi-fetch";
import type { paths } from "./schema.d.ts";

/** Answers in JSON and problems; a report as CSV or PDF is a download and has no type. */
export type JsonMedia = `application/${string}json`;

/** Every route of the API, typed by its OpenAPI document. */
export type Api = Client<paths, JsonMedia>;
