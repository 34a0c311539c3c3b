import { malformed } from "./problem.ts";

/** What a contract says of the header. */
export const idempotencyHeader = {
  "idempotency-key": {
    required: true,
    description:
      "1 to 255 printable characters, quoted or bare, unique per client and kind of request. The same key with the same body replays the first answer; keys are kept at least seven days.",
  },
};

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** The request's Idempotency-Key, unquoted; 400 without one. */
export const readIdempotencyKey = (
  headers: Readonly<Record<string, string | undefined>>,
): string => {
  const sent = headers["idempotency-key"];
  if (sent === undefined)
    throw malformed("missing_idempotency_key", "This request needs an Idempotency-Key header.");
  const key = /^"(.*)"$/.exec(sent.trim())?.[1] ?? sent.trim();
  if (!PRINTABLE.test(key))
    throw malformed(
      "invalid_idempotency_key",
      "An Idempotency-Key has 1 to 255 printable characters.",
    );
  return key;
};
