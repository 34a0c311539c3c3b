import { LRUCache } from "lru-cache";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { createTokenBucket, type TokenBucket } from "../../../layers/platform/token-bucket.ts";

/** Enough for a client with all its connections to subscribe again after a restart of the feed. */
const BOOKS_BURST = 1_000;
const BOOKS_PER_SECOND = 50;
const CLIENTS_REMEMBERED = 10_000;

/** Limits how many whole books a client is sent: a subscription may cost far more than its command. */
export const createSnapshotRate = (
  now?: () => number,
): ((clientId: ClientId, books: number) => boolean) => {
  const buckets = new LRUCache<ClientId, TokenBucket>({ max: CLIENTS_REMEMBERED });
  const rate = { burst: BOOKS_BURST, perSecond: BOOKS_PER_SECOND };
  return (clientId, books) => {
    const bucket =
      buckets.get(clientId) ?? createTokenBucket(now === undefined ? rate : { ...rate, now });
    buckets.set(clientId, bucket);
    return bucket.take(books);
  };
};
