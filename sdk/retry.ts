import { retryAfter } from "./problem.ts";

export type RetryOptions = {
  /** How often a request is sent at most. */
  readonly attempts?: number;
  /** With a longer Retry-After than this the client does not wait: the caller gets the response. */
  readonly maxWaitSeconds?: number;
  readonly wait?: (seconds: number, signal: AbortSignal) => Promise<void>;
};

const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1_000);
    signal.addEventListener("abort", stop, { once: true });
  });

/** A request with 429 had no effect. After a 503 the outcome may be unknown, so only idempotent requests are repeated. */
const mayRepeat = (request: Request, status: number): boolean => {
  if (status === 429) return true;
  if (status !== 503) return false;
  return request.method !== "POST" || request.headers.has("idempotency-key");
};

/**
 * A `fetch` that sends a request again after 429 and 503, when the answer says how long to wait. Give POST
 * requests an `Idempotency-Key` to have them repeated after 503 too.
 */
export const retrying =
  (send: typeof fetch, options: RetryOptions = {}): ((request: Request) => Promise<Response>) =>
  async (request) => {
    const { attempts = 3, maxWaitSeconds = 10, wait = pause } = options;
    for (let attempt = 1; ; attempt += 1) {
      const response = await send(attempt < attempts ? request.clone() : request);
      const seconds = retryAfter(response);
      const repeat = attempt < attempts && mayRepeat(request, response.status);
      if (!repeat || seconds === undefined || seconds > maxWaitSeconds) return response;
      await response.body?.cancel();
      await wait(seconds, request.signal);
    }
  };
