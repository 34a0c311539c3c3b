import type { ClientId } from "../../domain/identifiers.ts";
import type { ClientCap } from "../../platform/client-cap.ts";

/** What a contract says of the header by which a caller asks for the outcome of matching. */
export const waitHeader = {
  prefer: {
    required: false,
    description:
      "`wait=<seconds>`, up to 5: answer with the outcome of matching if it is known by then (RFC 7240). Left out, placing does not wait; replacing and cancelling wait a second. A client with too many waiting requests is answered at once.",
  },
};

const WAIT_SECONDS_MAX = 5;

/** How long a replace or a cancel waits for the matcher when the caller gives no time. */
export const OUTCOME_WAIT_MS = 1_000;

/** How long the caller wants to wait for an outcome, in milliseconds, or the default. */
export const readWaitMs = (
  headers: Readonly<Record<string, string | undefined>>,
  usualMs: number,
): number => {
  const seconds = /(?:^|[,;\s])wait=(\d{1,4}(?:\.\d{1,3})?)(?:[,;\s]|$)/.exec(
    headers["prefer"] ?? "",
  )?.[1];
  return seconds === undefined ? usualMs : Math.min(Number(seconds), WAIT_SECONDS_MAX) * 1_000;
};

/**
 * Gives the work the time that it may wait for an outcome. It is zero when the client has as many waiting
 * requests as it may have: the response then has the state that is known now.
 */
export const withWait = <T>(
  waits: ClientCap,
  client: ClientId,
  wantedMs: number,
  work: (forMs: number) => Promise<T>,
): Promise<T> =>
  wantedMs <= 0
    ? work(0)
    : waits.run(
        client,
        () => work(wantedMs),
        () => work(0),
      );
