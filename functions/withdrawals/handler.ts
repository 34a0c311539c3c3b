import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { notFound } from "../../layers/http/problem.ts";
import { showWithdrawal } from "../../layers/representation/withdrawal.ts";
import { runtime } from "../../layers/runtime.ts";
import { findWithdrawal, listWithdrawals } from "../../layers/store/ledger/withdrawals.ts";
import { getWithdrawalContract, listWithdrawalsContract } from "./contract.ts";

export const listHandler = endpoint(runtime, listWithdrawalsContract, async ({ client, query }) => {
  const { limit, after } = query;
  const rows = await listWithdrawals(runtime.database, client, { after, limit: limit + 1 });
  const { page, next_page_token } = cutPage(rows, limit, ({ withdrawalId }) => withdrawalId);
  return { status: 200, body: { withdrawals: page.map(showWithdrawal), next_page_token } };
});

export const getHandler = endpoint(runtime, getWithdrawalContract, async ({ client, params }) => {
  const withdrawal = await findWithdrawal(runtime.database, client, params.id);
  if (withdrawal === undefined) throw notFound("There is no such withdrawal.");
  return { status: 200, body: showWithdrawal(withdrawal) };
});
