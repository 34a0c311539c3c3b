import { z } from "zod";

/** Money in an answer. */
export const moneyOut = z
  .string()
  .meta({ pattern: "^-?[0-9]+\\.[0-9]{2,4}$", examples: ["101.00"] });

/** A time in an answer: RFC 3339, UTC. */
export const timeOut = z.string().meta({ format: "date-time" });
