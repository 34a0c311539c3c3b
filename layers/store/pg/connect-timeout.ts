/**
 * How long to wait for a connection, in ms: the URL's parameter `connect_timeout`, which libpq and psql
 * also understand, in seconds; without it the default of the caller. A pool also waits so long for a
 * connection that is in use.
 */
export const connectTimeoutMs = (url: string, defaultMs: number): number =>
  Number(new URL(url).searchParams.get("connect_timeout")) * 1_000 || defaultMs;
