import { formatMoney } from "../../layers/domain/units.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { termsOf } from "../../layers/http/orders/order-fields.ts";
import { runtime } from "../../layers/runtime.ts";
import { previewOrderContract } from "./contract.ts";
import { previewOrder } from "./preview-order.ts";

export const handler = endpoint(runtime, previewOrderContract, async ({ client, body }) => {
  const terms = termsOf(body.order);
  const { checks, intent } = await previewOrder(runtime, { clientId: client, terms });
  const cash = terms.direction === "buy" ? intent?.holdAmount : 0n;
  return {
    status: 200,
    body: {
      ok: checks.every(({ ok }) => ok),
      worst_price: intent === undefined ? null : formatMoney(intent.collarPrice),
      reserved_amount: cash === undefined ? null : formatMoney(cash),
      checks: checks.map(({ check, limit, value, ok, code }) => ({
        ...{ check, limit, value, ok },
        code: ok ? null : code,
      })),
    },
  };
});
