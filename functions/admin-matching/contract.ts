import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { timeOut } from "../../layers/representation/fields.ts";

export const getMatchingStateContract = contract({
  operationId: "getMatchingState",
  summary:
    "Read the state of matching: living matchers, the outbox, and the progress of each symbol.",
  tag: "admin",
  method: "GET",
  path: "/api/v1/admin/matching",
  access: "admin",
  answers: {
    200: {
      description: "The state in the database at one moment.",
      schema: z.strictObject({
        at: timeOut,
        matchers: z
          .array(z.strictObject({ matcher: z.string(), shards: z.array(z.int()) }))
          .meta({ description: "The running matchers and the shards that they match." }),
        shards_without_matcher: z.array(z.int()),
        outbox: z.strictObject({
          commands: z
            .int()
            .meta({ description: "Accepted commands that are not sent yet, up to 10,000." }),
          oldest_seconds: z.number(),
        }),
        symbols: z.array(
          z.strictObject({
            symbol: z.string(),
            shard: z.int(),
            last_seq: z.int().meta({ description: "The last number given to a command." }),
            settled_seq: z.int(),
            waiting_commands: z
              .int()
              .meta({ description: "Numbered commands that are not settled yet." }),
            waiting_for_open: z
              .int()
              .meta({ description: "Orders that wait for the next session of the market." }),
            resting_orders: z.int(),
            failed_seq: z
              .int()
              .nullable()
              .meta({ description: "The command that halted this symbol; null when none did." }),
          }),
        ),
      }),
    },
  },
  problems: [],
});
