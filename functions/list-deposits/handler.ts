import { endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { showDeposit } from "../../layers/representation/deposit.ts";
import { runtime } from "../../layers/runtime.ts";
import { listDeposits } from "../../layers/store/ledger/deposits.ts";
import { listDepositsContract } from "./contract.ts";

export const handler = endpoint(runtime, listDepositsContract, async ({ client, query }) => {
  const { limit, after } = query;
  const rows = await listDeposits(runtime.database, client, { after, limit: limit + 1 });
  const { page, next_page_token } = cutPage(rows, limit, ({ depositId }) => depositId);
  return { status: 200, body: { deposits: page.map(showDeposit), next_page_token } };
});
