import { sleep } from "k6";
import { logIn } from "./lib/session.js";
import { APIKEY, BASE_URL, PAUSE_SECONDS, thresholds, VUS } from "./lib/settings.js";
import { apiClient } from "./lib/trading.js";

// The users of the gateway script for a long time: DURATION, by default half an hour.
// A token is valid for an hour; a longer run needs a TOKEN with a longer life (JWT_TTL_SECONDS).

export const options = {
  scenarios: {
    soak: { executor: "constant-vus", vus: VUS, duration: __ENV.DURATION || "30m" },
  },
  thresholds: thresholds("soak", 25),
};

export const setup = logIn;

export default function user(session) {
  const client = apiClient({ portfolios: BASE_URL, orders: BASE_URL, apikey: APIKEY }, session);
  client.portfolio();
  client.deposit();
  client.order();
  sleep(PAUSE_SECONDS);
}
