/**
 * The accounts of the house. They have no stored balance; their balance is the sum of the journal.
 */
export const HOUSE = {
  bank: "00000000-0000-0000-0000-000000000001",
  custodian: "00000000-0000-0000-0000-000000000002",
  fees: "00000000-0000-0000-0000-000000000003",
  /** Cash that has left clients and has not reached their banks yet. */
  inTransit: "00000000-0000-0000-0000-000000000004",
  /** The counterpart of grants and removals by operators. */
  adjustments: "00000000-0000-0000-0000-000000000005",
} as const;

export type Bucket = "available" | "held" | "house";

export type JournalKind =
  | "deposit"
  | "withdrawal"
  | "withdrawal_return"
  | "adjustment"
  | "grant"
  | "hold"
  | "release"
  | "trade"
  | "fee"
  | "correction";

/**
 * A journal row: it moves a positive amount of one asset from a debited to a credited bucket. One
 * amount with two ends always balances.
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
