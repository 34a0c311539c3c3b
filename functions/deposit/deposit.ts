import type { ClientId } from "../../layers/domain/identifiers.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Money } from "../../layers/domain/units.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { fingerprint } from "../../layers/platform/fingerprint.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { showDeposit } from "../../layers/representation/deposit.ts";
import { creditDeposit } from "../../layers/store/ledger/deposits.ts";
import { findKeptAnswer } from "../../layers/store/ledger/idempotency.ts";
import type { ReferenceData } from "../../layers/store/market/reference-data.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type DepositRefusal = {
  readonly code:
    | "currency_mismatch"
    | "idempotency_key_reused"
    | "idempotency_key_in_flight"
    | "deposit_limit"
    | "client_not_active";
};

/**
 * The text of the answer, stored so that a replay is the same byte for byte, and whether this is a
 * replay.
 */
type Deposited = { readonly answer: string; readonly replayed: boolean };

type Deps = {
  readonly database: Database;
  readonly reference: ReferenceData;
  readonly clock: Clock;
  readonly newId: NewId;
};

/** Credits the client's cash, once for each key, however often and in parallel it is requested. */
export const deposit = async (
  deps: Deps,
  request: {
    readonly clientId: ClientId;
    readonly key: string;
    readonly amount: Money;
    readonly currency: string;
    readonly correlationId: string;
  },
): Promise<Outcome<Deposited, DepositRefusal>> => {
  const { clientId, key, amount, currency, correlationId } = request;
  const print = fingerprint({ amount, currency });
  const account = await deps.reference.account(clientId);
  if (account?.currency !== currency) return refuse({ code: "currency_mismatch" });

  const depositId = deps.newId();
  const createdAt = deps.clock();
  const response = JSON.stringify(showDeposit({ depositId, amount, currency, createdAt }));
  const outcome = await creditDeposit(deps.database, {
    ...{ clientId, key, amount, currency, correlationId },
    ...{ depositId, createdAt, answer: response, fingerprint: print },
  });
  if (outcome === "credited") return accept({ answer: response, replayed: false });
  if (outcome === "client_not_active") return refuse({ code: "client_not_active" });
  if (outcome === "over_limit") return refuse({ code: "deposit_limit" });
  if (outcome === "in_flight") return refuse({ code: "idempotency_key_in_flight" });

  const kept = await findKeptAnswer(deps.database, clientId, "deposit", key);
  if (kept === undefined) return refuse({ code: "idempotency_key_in_flight" });
  if (!kept.fingerprint.equals(print)) return refuse({ code: "idempotency_key_reused" });
  return accept({ answer: kept.answer, replayed: true });
};
