/**
 * Every advisory lock with a fixed number. Two purposes that share a number would exclude each other,
 * so a number is given out here and nowhere else.
 */
export const ADVISORY_LOCKS = {
  /** Applying migrations. */
  migrate: 726_578,
  /** Chaining audit rows into the next block. */
  sealAudit: 726_579,
  /** Turning settled orders into mails. */
  reportOrders: 726_580,
  /** Giving activities their place in their client's sequence. */
  numberActivities: 726_581,
} as const;

/**
 * Seeds of the locks whose number is a hash of a key: `hashtextextended(key, seed)`. A seed for each
 * purpose keeps the same text from meaning the same lock.
 */
export const ADVISORY_LOCK_SEEDS = {
  /** Sign-up mails to one address. */
  signUpMails: 0,
  /** Login challenges from one network address. */
  challenges: 1,
  /** Requests under one Idempotency-Key. */
  idempotencyKeys: 2,
} as const;
