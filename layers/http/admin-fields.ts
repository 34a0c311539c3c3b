import { z } from "zod";
import { type ClientId, isUuid } from "../domain/identifiers.ts";
import { field } from "./fields.ts";
import { NumberText } from "./json.ts";

/** A whole number between two others. */
export const wholeField = (smallest: number, largest: number) =>
  field<number>(
    (value) => {
      const text = value instanceof NumberText ? value.text : "";
      const whole = /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : Number.NaN;
      return whole >= smallest && whole <= largest ? whole : undefined;
    },
    "out_of_range",
    `must be a whole number from ${smallest} to ${largest}`,
    { type: "integer", minimum: smallest, maximum: largest },
  );

/** Why an operator does something: it goes to the audit. */
export const reasonField = z
  .string()
  .regex(/^[\x20-\x7e]{1,200}$/, "must be 1 to 200 printable characters")
  .meta({ examples: ["erroneous orders"] });

/** A client's identifier in a path; anything that is no UUID names no client. */
export const clientIdField = field<ClientId>(
  (value) => (typeof value === "string" && isUuid(value) ? (value as ClientId) : undefined),
  "invalid_id",
  "must be a UUID",
  { type: "string", format: "uuid" },
);
