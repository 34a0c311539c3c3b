import { setTimeout as delay } from "node:timers/promises";
import { retrySeconds, type WithdrawalEnd } from "../../layers/domain/ledger/withdrawal.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Payment, PaymentProvider } from "../../layers/platform/payments.ts";
import { finishWithdrawal } from "../../layers/store/ledger/finish-withdrawal.ts";
import {
  type ClaimedWithdrawal,
  claimWithdrawals,
  postponeWithdrawal,
} from "../../layers/store/ledger/withdrawals.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly payments: PaymentProvider;
  readonly logger: Logger;
  readonly newId: NewId;
  readonly seal: Seal;
  /** How long the provider may take to answer, in milliseconds. */
  readonly answerWithinMs?: number;
};

const WITHDRAWALS_AT_ONCE = 20;
const ANSWER_WITHIN_MS = 10_000;
/** Longer than all answers of a pass can take, so that no other process asks meanwhile. */
const LEASE_SECONDS = 60;
/** The pause before the provider is asked again about a pending payment. */
const POLL_SECONDS = 1;

/**
 * Asks the provider about the pending withdrawals that are due, outside any transaction, and ends
 * those it has decided. A process that dies meanwhile leaves a withdrawal pending, and the next
 * process asks again with the same id. Returns how many have ended.
 */
export const settleWithdrawals = async (deps: Deps): Promise<number> => {
  const claimed = await claimWithdrawals(deps.database, {
    ...{ limit: WITHDRAWALS_AT_ONCE, leaseSeconds: LEASE_SECONDS },
  });
  const ended = await Promise.all(claimed.map((withdrawal) => settle(deps, withdrawal)));
  return ended.filter(Boolean).length;
};

const settle = async (deps: Deps, withdrawal: ClaimedWithdrawal): Promise<boolean> => {
  const { withdrawalId, attempts } = withdrawal;
  try {
    const end = await within(deps.answerWithinMs ?? ANSWER_WITHIN_MS, ask(deps, withdrawal));
    if (end === undefined) {
      await postponeWithdrawal(deps.database, withdrawalId, POLL_SECONDS);
      return false;
    }
    await finishWithdrawal(deps, withdrawalId, { ...end, correlationId: withdrawalId });
    return true;
  } catch (error) {
    deps.logger.warn({ err: error, withdrawalId }, "a withdrawal could not be settled");
    await postponeWithdrawal(deps.database, withdrawalId, retrySeconds(attempts));
    return false;
  }
};

/** The final state of the withdrawal; undefined while the provider has not decided. */
const ask = async (
  { payments }: Deps,
  withdrawal: ClaimedWithdrawal,
): Promise<WithdrawalEnd | undefined> => {
  const { withdrawalId: id, amount, currency, createdAt: requestedAt } = withdrawal;
  const payment: Payment = { id, amount, currency, requestedAt };
  if (withdrawal.cancelRequested && (await payments.cancel(payment)))
    return { status: "cancelled", reason: "requested" };
  const paid = await payments.pay(payment);
  switch (paid.state) {
    case "pending":
      return undefined;
    case "completed":
      return { status: "completed" };
    case "failed":
      return { status: "failed", reason: paid.reason };
  }
};

const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  const ending = new AbortController();
  const late = delay(ms, undefined, { signal: ending.signal }).then(() => {
    throw new Error("the payment provider did not answer in time");
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    ending.abort();
  }
};
