import type { ClientId } from "../../layers/domain/identifiers.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { formatMoney, type Money, money } from "../../layers/domain/units.ts";
import { fingerprint } from "../../layers/platform/fingerprint.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { type Admin, type AdminAct, administer } from "../../layers/store/identity/admins.ts";
import { findClient } from "../../layers/store/identity/operator-clients.ts";
import { adjustBalance, kindOfAsset } from "../../layers/store/ledger/adjustments.ts";
import { findKeptAnswer } from "../../layers/store/ledger/idempotency.ts";
import { claimKey, releaseKey } from "../../layers/store/ledger/withdrawals.ts";
import { lockOpenAccount } from "../../layers/store/orders/accounts.ts";
import type { Database, Transaction } from "../../layers/store/pg/database.ts";

type Request = {
  readonly clientId: ClientId;
  readonly key: string;
  readonly asset: string;
  readonly amount: Money;
  readonly direction: "grant" | "take";
  readonly price: Money | undefined;
  readonly reason: string;
};

export type AdjustRefusal = {
  readonly code:
    | "not_found"
    | "unknown_symbol"
    | "whole_number"
    | "amount_too_fine"
    | "client_status"
    | "cost_out_of_range"
    | "balance_out_of_range"
    | "insufficient_funds"
    | "insufficient_shares"
    | "idempotency_key_reused"
    | "idempotency_key_in_flight";
};

type Adjusted = { readonly answer: string; readonly replayed: boolean };

type Verdict = Outcome<Adjusted, AdjustRefusal>;

const OPERATION = "adjustment";
const UNIT = 10_000n;
const CENT = 100n;
/** The largest amount of money that a request can name. */
const COST_MAX = 10n ** 13n * UNIT;

/** Grants or takes cash or shares, once for each key of this operator. */
export const adjust = (
  { database, newId }: { readonly database: Database; readonly newId: NewId },
  admin: Admin,
  request: Request,
): Promise<Verdict> =>
  administer<Verdict>(database, admin, async (tx) => {
    const { clientId, asset, direction } = request;
    if ((await findClient(tx, clientId)) === undefined)
      return { result: refuse({ code: "not_found" }) };
    const kind = await kindOfAsset(tx, clientId, asset);
    if (kind === "no_account") return { result: refuse({ code: "client_status" }) };
    if (kind === "unknown") return { result: refuse({ code: "unknown_symbol" }) };
    if (kind === "shares" && request.amount % UNIT !== 0n)
      return { result: refuse({ code: "whole_number" }) };
    if (kind === "cash" && request.amount % CENT !== 0n)
      return { result: refuse({ code: "amount_too_fine" }) };
    const amount = kind === "shares" ? request.amount / UNIT : request.amount;
    const cost = kind === "shares" && direction === "grant" ? amount * (request.price ?? 0n) : 0n;
    if (cost > COST_MAX) return { result: refuse({ code: "cost_out_of_range" }) };
    const shown = kind === "shares" ? String(amount) : formatMoney(money(amount));
    return once(tx, admin, { ...request, adjustmentId: newId(), amount, cost, shown });
  });

const once = async (
  tx: Transaction,
  admin: Admin,
  request: Omit<Request, "amount"> & {
    readonly adjustmentId: string;
    readonly amount: bigint;
    readonly cost: bigint;
    readonly shown: string;
  },
): Promise<{ readonly result: Verdict; readonly act?: AdminAct }> => {
  const { clientId, key, asset, direction, reason, adjustmentId, shown } = request;
  const facts = { asset, amount: shown, direction, reason };
  const print = fingerprint({ clientId, ...facts, cost: request.cost });
  const response = JSON.stringify({ adjustment_id: adjustmentId, client_id: clientId, ...facts });
  const claim = { clientId: admin.clientId, operation: OPERATION, key };
  const claimed = await claimKey(tx, { ...claim, fingerprint: print, answer: response });
  if (claimed === "in_flight") return { result: refuse({ code: "idempotency_key_in_flight" }) };
  if (claimed === "kept") {
    const kept = await findKeptAnswer(tx, admin.clientId, OPERATION, key);
    if (kept === undefined || !kept.fingerprint.equals(print))
      return { result: refuse({ code: "idempotency_key_reused" }) };
    return { result: accept({ answer: kept.answer, replayed: true }) };
  }
  const refusal = await move(tx, request);
  if (refusal !== undefined) {
    await releaseKey(tx, claim);
    return { result: refuse({ code: refusal }) };
  }
  const act = { action: "balance_adjusted", subject: clientId, facts: { ...facts, adjustmentId } };
  return { result: accept({ answer: response, replayed: false }), act };
};

/** Moves the asset unless the account is closed or has too little or too much; returns why it did not. */
const move = async (
  tx: Transaction,
  request: Parameters<typeof adjustBalance>[1],
): Promise<AdjustRefusal["code"] | undefined> => {
  if (!(await lockOpenAccount(tx, request.clientId))) return "client_status";
  if (await adjustBalance(tx, request)) return undefined;
  if (request.direction === "grant") return "balance_out_of_range";
  return request.asset === "USD" ? "insufficient_funds" : "insufficient_shares";
};
