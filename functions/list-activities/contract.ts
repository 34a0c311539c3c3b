import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { activityOut } from "../../layers/representation/activity.ts";

export const listActivitiesContract = contract({
  operationId: "listActivities",
  summary:
    "Read the events of the client's orders, balances and withdrawals, oldest first, without gaps.",
  tag: "portfolio",
  method: "GET",
  path: "/api/v1/activities",
  access: "client",
  query: z.strictObject({
    limit: pageQuery.limit,
    after: z
      .string()
      .regex(/^(0|[1-9][0-9]{0,14})$/, "must be an event_id, or a next_page_token")
      .transform(Number)
      .default(0)
      .meta({ description: "The last event_id that the caller has; later events are returned." }),
  }),
  answers: {
    200: {
      description: "A page of events, in order.",
      schema: z.strictObject({ activities: z.array(activityOut), next_page_token: nextPageToken }),
    },
  },
  problems: [],
});
