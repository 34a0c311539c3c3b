import { check } from "k6";
import { logIn } from "./lib/session.js";
import { APIKEY, BASE_URL, p95Ms } from "./lib/settings.js";
import { apiClient } from "./lib/trading.js";

// A few users, suddenly many users, then few again. With many users a service may refuse (503 or 429, with
// Retry-After), but it must not fail, and afterwards it must be as fast as before.

const CALM = Number(__ENV.CALM_RATE || "10");
const CROWD = Number(__ENV.CROWD_RATE || "400");
const SECONDS = Number(__ENV.STEP_SECONDS || "10");
const REST = 5;

const at = (rate, index) => ({
  executor: "constant-arrival-rate",
  rate,
  timeUnit: "1s",
  duration: `${SECONDS}s`,
  startTime: `${index * (SECONDS + REST)}s`,
  preAllocatedVUs: 50,
  maxVUs: 400,
  gracefulStop: `${REST}s`,
});

export const options = {
  scenarios: { before: at(CALM, 0), crowd: at(CROWD, 1), after: at(CALM, 2) },
  thresholds: {
    "http_req_duration{scenario:before}": [`p(95)<${p95Ms(50)}`],
    "http_req_duration{scenario:after}": [`p(95)<${p95Ms(50)}`],
    "http_req_failed{scenario:before}": ["rate==0"],
    "http_req_failed{scenario:after}": ["rate==0"],
    "checks{answer:known}": ["rate==1"],
  },
};

export const setup = logIn;

export default function user(session) {
  const answer = apiClient(
    { portfolios: BASE_URL, orders: BASE_URL, apikey: APIKEY },
    session,
  ).order();
  check(
    answer,
    {
      "accepted, or told when to come again": ({ status, headers }) =>
        status === 200 ||
        status === 201 ||
        ((status === 503 || status === 429) && headers["Retry-After"] !== undefined),
    },
    { answer: "known" },
  );
}
