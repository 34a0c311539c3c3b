import { adminOf } from "../../layers/http/admin-call.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { readIdempotencyKey } from "../../layers/http/idempotency.ts";
import { refusedField } from "../../layers/http/identity/identity-problems.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound, Problem } from "../../layers/http/problem.ts";
import { refused } from "../../layers/http/refused.ts";
import { runtime } from "../../layers/runtime.ts";
import { listAdjustments, type RecordedAdjustment } from "../../layers/store/audit/adjustments.ts";
import { administer } from "../../layers/store/identity/admins.ts";
import { type AdjustRefusal, adjust } from "./admin-adjustments.ts";
import { adjustBalanceContract, listAdjustmentsContract } from "./contract.ts";

export const handler = endpoint(runtime, adjustBalanceContract, async (call) => {
  const key = readIdempotencyKey(call.headers);
  const { asset, amount, direction, price, reason } = call.body;
  const request = { clientId: call.params.client_id, key, asset, amount, direction, price, reason };
  const outcome = await adjust(runtime, adminOf(call), request);
  if (!outcome.ok) throw problemOf(outcome.failure);
  const { answer, replayed } = outcome.value;
  return replayed
    ? { status: 200, body: answer, headers: { "idempotent-replayed": "true" } }
    : { status: 201, body: answer };
});

export const listHandler = endpoint(runtime, listAdjustmentsContract, async (call) => {
  const { limit, after, client_id: clientId } = call.query;
  const search = { clientId, after, limit: limit + 1 };
  const rows = await administer(runtime.database, adminOf(call), async (tx) => ({
    result: await listAdjustments(tx, search),
  }));
  const { page, next_page_token } = cutPage(rows, limit, ({ adjustmentId }) => adjustmentId);
  return { status: 200, body: { adjustments: page.map(show), next_page_token } };
});

const show = (adjustment: RecordedAdjustment) => ({
  adjustment_id: adjustment.adjustmentId,
  client_id: adjustment.clientId,
  asset: adjustment.asset,
  amount: adjustment.amount,
  direction: adjustment.direction,
  reason: adjustment.reason,
  operator_id: adjustment.operatorId,
  address: adjustment.address,
  created_at: adjustment.createdAt.toISOString(),
});

const problemOf = ({ code }: AdjustRefusal): Problem => {
  if (code === "not_found") return notFound("There is no such client.");
  if (code === "amount_too_fine") return refusedField("amount", code, "has at most two decimals");
  if (code === "client_status")
    return new Problem({ status: 422, code, detail: "The client has no open account." });
  if (code === "whole_number") return refusedField("amount", code, "must be a whole number");
  if (code === "cost_out_of_range")
    return refusedField("price", "amount_out_of_range", "makes the shares cost too much");
  if (code === "balance_out_of_range")
    return refusedField("amount", "amount_out_of_range", "makes the balance or its cost too large");
  return refused({ code });
};
