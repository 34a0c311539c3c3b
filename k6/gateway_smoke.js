import { sleep } from "k6";
import { logIn } from "./lib/session.js";
import { APIKEY, BASE_URL, DURATION, PAUSE_SECONDS, thresholds, VUS } from "./lib/settings.js";
import { apiClient } from "./lib/trading.js";

// The same few users through the gateway, with the gateway key.

export const options = {
  scenarios: { gateway: { executor: "constant-vus", vus: VUS, duration: DURATION } },
  thresholds: thresholds("gateway", 15),
};

export const setup = logIn;

export default function user(session) {
  const client = apiClient({ portfolios: BASE_URL, orders: BASE_URL, apikey: APIKEY }, session);
  client.portfolio();
  client.deposit();
  client.order();
  sleep(PAUSE_SECONDS);
}
