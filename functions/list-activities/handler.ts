import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { showActivity } from "../../layers/representation/activity.ts";
import { runtime } from "../../layers/runtime.ts";
import { numberActivities, readActivities } from "../../layers/store/notifications/activities.ts";
import { listActivitiesContract } from "./contract.ts";

export const handler = endpoint(runtime, listActivitiesContract, async ({ client, query }) => {
  const { after, limit } = query;
  await numberActivities(runtime.database); // the client sees its own latest changes
  const found = await readActivities(runtime.database, client, { after, limit: limit + 1 });
  const { page, next_page_token } = cutPage(found, limit, ({ eventId }) => String(eventId));
  return { status: 200, body: { activities: page.map(showActivity), next_page_token } };
});
