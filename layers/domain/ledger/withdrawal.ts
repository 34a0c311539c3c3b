import type { Money } from "../units.ts";

/**
 * Pending, with the cash in transit, until the payment provider decides. Then completed, or failed
 * or cancelled, both of which return the cash.
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

/** The final states of a withdrawal. */
export type WithdrawalEnd =
  | { readonly status: "completed" }
  | { readonly status: "failed" | "cancelled"; readonly reason: string };

/** The most pending withdrawals of a client at a time. */
export const PENDING_WITHDRAWALS_MAX = 20;

/** The pause before a provider that did not answer is asked again. */
export const retrySeconds = (attempts: number): number => Math.min(60, 2 ** Math.min(attempts, 6));
