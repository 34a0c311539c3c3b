import { malformed } from "./problem.ts";

/** The header in a contract. */
export const idempotencyHeader = {
  "idempotency-key": {
    required: true,
    description:
      "1 to 255 printable characters, quoted or bare, unique per client and kind of request. The same key with the same body returns the first answer again; keys are kept for at least seven days.",
    example: "deposit-1",
  },
};

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

type Headers = Readonly<Record<string, string | undefined>>;

/** The request's Idempotency-Key without its quotes. Throws 400 when it is missing or malformed. */
export const readIdempotencyKey = (headers: Headers): string => {
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

/** Throws 400 for an Idempotency-Key on a route that would silently ignore it. */
export const refuseIdempotencyKey = (headers: Headers): void => {
  if (headers["idempotency-key"] !== undefined)
    throw malformed(
      "idempotency_key_not_supported",
      "An order is made repeatable by its client_order_id, not by an Idempotency-Key header.",
    );
};
