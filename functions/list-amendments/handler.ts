import type { AmendableTerms, Amendment } from "../../layers/domain/orders/amendment.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { listAmendments } from "../../layers/store/orders/amendments.ts";
import { findOrder } from "../../layers/store/orders/orders.ts";
import { listAmendmentsContract } from "./contract.ts";

export const handler = endpoint(runtime, listAmendmentsContract, async (call) => {
  const { client, params, query } = call;
  const order = await findOrder(runtime.database, client, params.id);
  if (order === undefined) throw notFound("There is no such order.");
  const { after, limit } = query;
  const rows = await listAmendments(runtime.database, params.id, { after, limit: limit + 1 });
  const { page, next_page_token } = cutPage(rows, limit, ({ amendmentId }) => amendmentId);
  return { status: 200, body: { amendments: page.map(showAmendment), next_page_token } };
});

const showAmendment = (amendment: Amendment) => ({
  amendment_id: amendment.amendmentId,
  order_id: amendment.orderId,
  status: amendment.status,
  reason: amendment.reason ?? null,
  before: showTerms(amendment.before),
  after: showTerms(amendment.after),
  created_at: amendment.createdAt.toISOString(),
  decided_at: amendment.decidedAt?.toISOString() ?? null,
});

const showTerms = ({ quantity, price, stopPrice }: AmendableTerms) => ({
  quantity,
  price: price === undefined ? null : formatMoney(price),
  stop_price: stopPrice === undefined ? null : formatMoney(stopPrice),
});
