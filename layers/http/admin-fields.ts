import { z } from "zod";
import { type ClientId, isUuid } from "../domain/identifiers.ts";
import { field } from "./fields.ts";

/** Why an operator makes a change; recorded in the audit log. */
export const reasonField = z
  .string()
  .regex(/^[\x20-\x7e]{1,200}$/, "must be 1 to 200 printable characters")
  .meta({ examples: ["erroneous orders"] });

/** The id of a client in a path. */
export const clientIdField = field<ClientId>(
  (value) => (typeof value === "string" && isUuid(value) ? (value as ClientId) : undefined),
  "invalid_id",
  "must be a UUID",
  { type: "string", format: "uuid" },
);
