// The addresses of the system and the size of the load. Set each variable with `-e NAME=value`.

const env = (name, fallback) => __ENV[name] || fallback;

export const BASE_URL = env("BASE_URL", "http://127.0.0.1:8080");
export const PORTFOLIOS_URL = env("PORTFOLIOS_URL", "http://127.0.0.1:3103");
export const ORDERS_URL = env("ORDERS_URL", "http://127.0.0.1:3101");
export const IDENTITY_URL = env("IDENTITY_URL", "http://127.0.0.1:3100");
export const MAIL_URL = env("MAIL_URL", "http://127.0.0.1:8025");
export const WS_URL = env("WS_URL", "ws://127.0.0.1:8080/cable");

/** The demo consumer's key of kong/kong.yml. */
export const APIKEY = env("APIKEY", "brokerx-key-123");
/** A client's token; without it the scripts log in as the demo clients. */
export const TOKEN = env("TOKEN", "");
export const PASSWORD = env("PASSWORD", "correct horse battery");

export const VUS = Number(env("VUS", "5"));
export const DURATION = env("DURATION", "30s");
export const SYMBOL = env("SYMBOL", "AAPL");
/** How long each WebSocket stays open. */
export const WS_HOLD_MS = Number(env("WS_HOLD_MS", "10000"));
/** A user's pause after each round. It is the same for all users, so they send at the same time. */
export const PAUSE_SECONDS = Number(env("PAUSE_SECONDS", "0.5"));

/** The highest 95th percentile that passes, in milliseconds; set P95_MS on a slow machine. */
export const p95Ms = (usual) => Number(env("P95_MS", String(usual)));

/** Thresholds for one scenario, so that the logins of `setup` do not count. */
export const thresholds = (scenario, usualMs) => ({
  [`http_req_duration{scenario:${scenario}}`]: [`p(95)<${p95Ms(usualMs)}`],
  [`http_req_failed{scenario:${scenario}}`]: ["rate==0"],
  checks: ["rate==1"],
});
