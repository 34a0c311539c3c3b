import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { symbolField } from "../../layers/http/fields.ts";
import { bookOut } from "../../layers/representation/market.ts";

const LEVELS_MAX = 1_000;

export const getBookContract = contract({
  operationId: "getBook",
  summary: "Read an order book, with the sequence number of the market feed.",
  tag: "market",
  method: "GET",
  path: "/api/v1/instruments/{symbol}/book",
  access: "client",
  params: z.strictObject({ symbol: symbolField }),
  query: z.strictObject({
    levels: z
      .string()
      .regex(/^[1-9][0-9]{0,3}$/, `must be a whole number from 1 to ${LEVELS_MAX}`)
      .transform(Number)
      .refine((levels) => levels <= LEVELS_MAX, {
        error: `must be at most ${LEVELS_MAX}`,
        params: { code: "out_of_range" },
      })
      .optional()
      .meta({ description: "Only the best levels of each side; all levels when absent." }),
  }),
  answers: { 200: { description: "The book.", schema: bookOut } },
  problems: ["too_many_requests"],
});
