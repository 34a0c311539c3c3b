import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { OrderTerms } from "../../layers/domain/orders/order.ts";
import { type Intent, intentOf, listChecks } from "../../layers/domain/orders/pre-trade.ts";
import {
  type Check,
  checkDuplicate,
  checkHold,
  checkOpenOrders,
} from "../../layers/domain/orders/pre-trade-check.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { availableOf } from "../../layers/store/ledger/balances.ts";
import type { OrderFacts, ReferenceData } from "../../layers/store/market/reference-data.ts";
import { findAccount } from "../../layers/store/orders/accounts.ts";
import { hasDuplicate } from "../../layers/store/orders/orders.ts";
import type { Executor } from "../../layers/store/pg/database.ts";

/** The result that placing the order would have now. */
export type Preview = {
  readonly checks: readonly Check[];
  /** What it would reserve; undefined when that cannot be computed. */
  readonly intent: Intent | undefined;
};

type Deps = {
  readonly database: Executor;
  readonly reference: ReferenceData;
  readonly clock: Clock;
};

/**
 * Runs the checks of placing, in their order, and continues after a failed check. Writes nothing
 * and locks nothing: when the order is placed, the result may be different.
 */
export const previewOrder = async (
  deps: Deps,
  { clientId, terms }: { readonly clientId: ClientId; readonly terms: OrderTerms },
): Promise<Preview> => {
  const facts = await deps.reference.orderFacts(clientId, terms.symbol);
  const checks = listChecks({ ...facts, terms, now: deps.clock() });
  const intent = facts.instrument && intentOf(terms, facts.instrument);
  return {
    checks: [...checks, ...(await racingChecks(deps, clientId, terms, facts, intent))],
    intent,
  };
};

/** The checks of the statement that writes an order, with their present results. */
const racingChecks = async (
  { database }: Deps,
  clientId: ClientId,
  terms: OrderTerms,
  { instrument }: OrderFacts,
  intent: Intent | undefined,
): Promise<readonly Check[]> => {
  const windowMs = instrument?.duplicateWindowMs ?? 0;
  const mayBeDuplicate = terms.clientOrderId === undefined;
  const [isDuplicate, account, available] = await Promise.all([
    mayBeDuplicate && hasDuplicate(database, clientId, terms, windowMs),
    findAccount(database, clientId),
    intent && availableOf(database, clientId, intent.holdAsset),
  ]);
  return [
    checkDuplicate(isDuplicate, windowMs),
    ...(account === undefined ? [] : [checkOpenOrders(account)]),
    ...(intent === undefined || available === undefined
      ? []
      : [checkHold(terms.direction, intent.holdAmount, available)]),
  ];
};
