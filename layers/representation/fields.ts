import { z } from "zod";

/** Money as it leaves. */
export const moneyOut = z
  .string()
  .meta({ pattern: "^-?[0-9]+\\.[0-9]{2,4}$", examples: ["101.00"] });

/** A time as it leaves: RFC 3339, UTC. */
export const timeOut = z.string().meta({ format: "date-time" });
