/** Accounts of the house. They have no stored balance: theirs is the fold of the journal. */
export const HOUSE = {
  bank: "00000000-0000-0000-0000-000000000001",
  custodian: "00000000-0000-0000-0000-000000000002",
  fees: "00000000-0000-0000-0000-000000000003",
} as const;

export type Bucket = "available" | "held" | "house";

export type JournalKind =
  | "deposit"
  | "withdrawal"
  | "grant"
  | "hold"
  | "release"
  | "trade"
  | "fee"
  | "correction";

/**
 * One journal row: a positive amount of one asset moves from a debited to a credited bucket. Being
 * one amount with two ends, it balances by construction.
 */
export type Transfer = {
  readonly kind: JournalKind;
  readonly reference: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly debitAccount: string;
  readonly debitBucket: Bucket;
  readonly creditAccount: string;
  readonly creditBucket: Bucket;
};
