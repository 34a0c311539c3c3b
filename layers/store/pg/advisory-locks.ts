/**
 * The registry of advisory locks with a fixed number. Two purposes with the same number would
 * exclude each other, so numbers are assigned here and nowhere else.
 */
export const ADVISORY_LOCKS = {
  /** Applying migrations. */
  migrate: 726_578,
  /** Chaining audit rows into the next block. */
  sealAudit: 726_579,
  /** Turning settled orders into mails. */
  reportOrders: 726_580,
  /** Numbering activities in their clients' sequences. */
  numberActivities: 726_581,
} as const;

/**
 * Seeds of the locks whose number is the hash of a key: `hashtextextended(key, seed)`. Each purpose
 * has its own seed, so that the same text does not mean the same lock.
 */
export const ADVISORY_LOCK_SEEDS = {
  /** Sign-up mails to one address. */
  signUpMails: 0,
  /** Login challenges from one network address. */
  challenges: 1,
  /** Requests under one Idempotency-Key. */
  idempotencyKeys: 2,
  /** Tick and lot size of a symbol: shared by orders (`trading.accept_orders`). */
  tickAndLot: 3,
} as const;
