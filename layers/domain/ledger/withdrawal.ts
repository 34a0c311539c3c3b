import type { Money } from "../units.ts";

/**
 * Pending until the payment provider has decided: the cash is in transit. Then completed, or failed or
 * cancelled, which bring the cash back.
 */
export type WithdrawalStatus = "pending" | "completed" | "failed" | "cancelled";

export type Withdrawal<Client extends string = string> = {
  readonly withdrawalId: string;
  readonly clientId: Client;
  readonly amount: Money;
  readonly currency: string;
  readonly status: WithdrawalStatus;
  readonly reason: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

/** How a pending withdrawal ends. */
export type WithdrawalEnd =
  | { readonly status: "completed" }
  | { readonly status: "failed" | "cancelled"; readonly reason: string };

/** Withdrawals a client may have on their way at a time. */
export const PENDING_WITHDRAWALS_MAX = 20;

/** How long to wait before a provider that did not answer is asked again. */
export const retrySeconds = (attempts: number): number => Math.min(60, 2 ** Math.min(attempts, 6));
