import type { Clock } from "./clock.ts";

/** A payment to a client's bank. A request with the same id is the same payment. */
export type Payment = {
  readonly id: string;
  /** In ten-thousandths of the currency. */
  readonly amount: bigint;
  readonly currency: string;
  readonly requestedAt: Date;
};

type PaymentState =
  | { readonly state: "pending" | "completed" }
  | { readonly state: "failed"; readonly reason: string };

/** A payment provider. A real one implements these two calls. */
export type PaymentProvider = {
  /**
   * Requests a payment, or returns its state when it was requested before. After a successful cancel
   * the state is `failed`, also when the caller has forgotten the cancel.
   */
  readonly pay: (payment: Payment) => Promise<PaymentState>;
  /** Withdraws a request; returns whether it is certain that the payment will never be made. */
  readonly cancel: (payment: Payment) => Promise<boolean>;
};

const CENT = 100n;

/**
 * The built-in provider, which moves no money. A payment completes some seconds after its request,
 * and an amount that ends in `.13` fails. It stores nothing, so it survives restarts and forgets cancels.
 */
export const createSandbox = (options: {
  readonly clock: Clock;
  readonly settlementSeconds: number;
}): PaymentProvider => {
  const isDecided = ({ requestedAt }: Payment): boolean =>
    options.clock().getTime() - requestedAt.getTime() >= options.settlementSeconds * 1_000;
  return {
    pay: async (payment) => {
      if (!isDecided(payment)) return { state: "pending" };
      return (payment.amount / CENT) % 100n === 13n
        ? { state: "failed", reason: "rejected_by_bank" }
        : { state: "completed" };
    },
    cancel: async (payment) => !isDecided(payment),
  };
};
