import type { ClientId } from "../../layers/domain/identifiers.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { adminOf } from "../../layers/http/admin-call.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import type { Account } from "../../layers/store/orders/accounts.ts";
import { changeLimits, readLimits } from "./admin-limits.ts";
import { getLimitsContract, setLimitsContract } from "./contract.ts";

export const getHandler = endpoint(runtime, getLimitsContract, async (call) => {
  const clientId = call.params.client_id;
  return show(clientId, await readLimits(runtime.database, adminOf(call), clientId));
});

export const setHandler = endpoint(runtime, setLimitsContract, async (call) => {
  const { body } = call;
  const clientId = call.params.client_id;
  const change = {
    maxOpenOrders: body.max_open_orders,
    maxOrdersPerSecond: body.max_orders_per_second,
    maxOrderBurst: body.max_order_burst,
    maxQuantity: body.max_quantity,
    maxNotional: body.max_notional,
    maxDailyDeposits: body.max_daily_deposits,
    priceBandBps: body.price_band_bps,
    duplicateWindowMs: body.duplicate_window_ms,
  };
  const request = { clientId, change, reason: body.reason };
  return show(clientId, await changeLimits(runtime.database, adminOf(call), request));
});

const show = (clientId: ClientId, account: Account | undefined): Answer => {
  if (account === undefined)
    throw notFound("There is no such client, or the client has not opened the account yet.");
  const { maxNotional } = account;
  return {
    status: 200,
    body: {
      client_id: clientId,
      max_open_orders: account.maxOpenOrders,
      max_orders_per_second: account.maxOrdersPerSecond,
      max_order_burst: account.maxOrderBurst,
      max_quantity: account.maxQuantity ?? null,
      max_notional: maxNotional === undefined ? null : formatMoney(maxNotional),
      max_daily_deposits: formatMoney(account.maxDailyDeposits),
      price_band_bps: account.priceBandBps ?? null,
      duplicate_window_ms: account.duplicateWindowMs ?? null,
    },
  };
};
