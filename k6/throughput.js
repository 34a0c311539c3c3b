import { logIn } from "./lib/session.js";
import { APIKEY, BASE_URL } from "./lib/settings.js";
import { apiClient } from "./lib/trading.js";

// Sends orders at a fixed rate, whatever the answers do, and raises the rate until the system cannot follow: the
// knee is the highest rate with a p95 below KNEE_MS, no dropped and no failed request.

const RATES = (__ENV.RATES || "50,100,200,300,400,600,800").split(",").map(Number);
const STEP_SECONDS = Number(__ENV.STEP_SECONDS || "10");
const KNEE_MS = Number(__ENV.KNEE_MS || "250");
const REST_SECONDS = 3;

const nameOf = (rate) => `rate_${rate}`;

export const options = {
  scenarios: Object.fromEntries(
    RATES.map((rate, index) => [
      nameOf(rate),
      {
        executor: "constant-arrival-rate",
        rate,
        timeUnit: "1s",
        duration: `${STEP_SECONDS}s`,
        startTime: `${index * (STEP_SECONDS + REST_SECONDS)}s`,
        preAllocatedVUs: Math.min(rate, 100),
        maxVUs: 400,
        gracefulStop: `${REST_SECONDS}s`,
      },
    ]),
  ),
  // These thresholds always pass; with them the summary shows the figures of each step.
  thresholds: Object.fromEntries(
    RATES.flatMap((rate) => [
      [`http_req_duration{scenario:${nameOf(rate)}}`, ["max>=0"]],
      [`http_req_failed{scenario:${nameOf(rate)}}`, ["rate>=0"]],
      [`http_reqs{scenario:${nameOf(rate)}}`, ["count>=0"]],
    ]),
  ),
  summaryTrendStats: ["med", "p(95)", "p(99)", "max"],
};

export const setup = logIn;

export default function user(session) {
  apiClient({ portfolios: BASE_URL, orders: BASE_URL, apikey: APIKEY }, session).order();
}

export const handleSummary = ({ metrics }) => {
  const rows = RATES.map((rate) => {
    const of = (metric) => metrics[`${metric}{scenario:${nameOf(rate)}}`]?.values ?? {};
    const reached = (of("http_reqs").count ?? 0) / STEP_SECONDS;
    const p95 = of("http_req_duration")["p(95)"] ?? 0;
    const failed = of("http_req_failed").rate ?? 0;
    return { rate, reached, p95, failed, kept: reached >= rate * 0.99 && p95 < KNEE_MS && !failed };
  });
  const lost = rows.findIndex(({ kept }) => !kept);
  const knee = rows[lost === -1 ? rows.length - 1 : lost - 1];
  const lines = rows.map(
    ({ rate, reached, p95, failed }) =>
      `${String(rate).padStart(6)} ${reached.toFixed(1).padStart(8)} ${p95.toFixed(1).padStart(9)} ${(failed * 100).toFixed(2).padStart(8)}`,
  );
  const verdict = knee === undefined ? "none of these rates was kept" : `${knee.rate} orders/s`;
  return {
    stdout: `\n asked/s answered/s    p95 ms failed %\n${lines.join("\n")}\n\n knee: ${verdict}\n`,
  };
};
