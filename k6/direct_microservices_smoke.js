import { sleep } from "k6";
import { logIn } from "./lib/session.js";
import {
  DURATION,
  ORDERS_URL,
  PAUSE_SECONDS,
  PORTFOLIOS_URL,
  thresholds,
  VUS,
} from "./lib/settings.js";
import { apiClient } from "./lib/trading.js";

// A few users call the services directly, without the gateway: portfolio, deposit, order, pause.

export const options = {
  scenarios: { direct: { executor: "constant-vus", vus: VUS, duration: DURATION } },
  thresholds: thresholds("direct", 10),
};

export const setup = logIn;

export default function user(session) {
  const client = apiClient({ portfolios: PORTFOLIOS_URL, orders: ORDERS_URL }, session);
  client.portfolio();
  client.deposit();
  client.order();
  sleep(PAUSE_SECONDS);
}
