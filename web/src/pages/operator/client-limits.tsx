import { unwrap } from "../../../../sdk/index.ts";
import { brokerx, call } from "../../api/brokerx.ts";
import { texts } from "../../texts.ts";
import { useLoaded } from "../../ui/loaded.ts";
import { Failure, Loading } from "../../ui/parts.tsx";
import { ChangeForm, type Spec } from "./change-form.tsx";

const text = texts.operator.limits;

const SPECS: readonly Spec[] = [
  { name: "max_open_orders", label: text.openOrders, kind: "whole" },
  { name: "max_orders_per_second", label: text.rate, kind: "whole" },
  { name: "max_order_burst", label: text.burst, kind: "whole" },
  { name: "max_daily_deposits", label: text.dailyDeposits, kind: "amount" },
  { name: "max_quantity", label: text.quantity, hint: text.ofInstrument, kind: "whole" },
  { name: "max_notional", label: text.notional, hint: text.ofInstrument, kind: "amount" },
  { name: "price_band_bps", label: text.band, hint: text.ofInstrument, kind: "whole" },
  { name: "duplicate_window_ms", label: text.duplicate, hint: text.ofInstrument, kind: "whole" },
];

/** A client's own limits, to change them. */
export const ClientLimits = ({ id }: { readonly id: string }) => {
  const params = { path: { client_id: id } };
  const limits = useLoaded(() =>
    unwrap(brokerx.api.GET("/api/v1/admin/clients/{client_id}/limits", { params })),
  );
  if (limits.value === undefined)
    return limits.error === undefined ? <Loading /> : <Failure>{limits.error}</Failure>;
  return (
    <ChangeForm
      label={text.title}
      submit={text.save}
      done={text.saved}
      specs={SPECS}
      current={limits.value}
      send={async (changes, reason) =>
        limits.setValue(
          await call("PATCH", `/api/v1/admin/clients/${id}/limits`, { ...changes, reason }),
        )
      }
    />
  );
};
