import { useState } from "preact/hooks";
import { unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { figure } from "../../format.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form, Select } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Dialog, Empty, Failure, Loading, Success, Table } from "../../ui/parts.tsx";

const text = texts.operator;

type AdjustProps = { readonly id: string; readonly onDone: () => void };
type Direction = "grant" | "take";

const Adjust = ({ id, onDone }: AdjustProps) => {
  const [asset, setAsset] = useState("USD");
  const [amount, setAmount] = useState("");
  const [direction, setDirection] = useState<Direction>("grant");
  const [reason, setReason] = useState("");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [done, setDone] = useState(false);
  const adjust = useAction(async () => {
    await unwrap(
      brokerx.api.POST("/api/v1/admin/clients/{client_id}/adjustments", {
        params: { path: { client_id: id }, header: { "idempotency-key": key } },
        body: { asset: asset.trim(), amount: amount.trim(), direction, reason: reason.trim() },
      }),
    );
    setKey(crypto.randomUUID());
    setAmount("");
    setDone(true);
    onDone();
  });
  return (
    <Form label={text.adjust} onSubmit={() => adjust.run()}>
      <div class="row">
        <Select
          label={text.direction}
          value={direction}
          options={text.directions}
          onChange={setDirection}
        />
        <Field
          label={text.columns.amount}
          inputMode="decimal"
          required
          value={amount}
          onChange={setAmount}
          error={adjust.fieldError("amount")}
        />
        <Field
          label={text.columns.asset}
          required
          value={asset}
          onChange={setAsset}
          error={adjust.fieldError("asset")}
        />
      </div>
      <Field
        label={text.reason}
        required
        maxLength={200}
        value={reason}
        onChange={setReason}
        error={adjust.fieldError("reason")}
      />
      <Failure>{adjust.error}</Failure>
      {done && <Success>{text.adjusted}</Success>}
      <div>
        <Button type="submit" kind="danger" pending={adjust.pending}>
          {text.adjust}
        </Button>
      </div>
    </Form>
  );
};

type Props = { readonly id: string; readonly onClose: () => void };

/** What a client owns and has open, and corrections of it as new journal entries. */
export const ClientDetails = ({ id, onClose }: Props) => {
  const details = useLoaded(() =>
    unwrap(
      brokerx.api.GET("/api/v1/admin/clients/{client_id}", {
        params: { path: { client_id: id } },
      }),
    ),
  );
  return (
    <Dialog title={details.value?.client.full_name ?? text.details} onClose={onClose}>
      <Failure>{details.error}</Failure>
      {details.value === undefined ? (
        <Loading />
      ) : (
        <>
          <p>
            {details.value.client.email} ·{" "}
            {text.openOrders(details.value.open_orders, details.value.sessions.length)}
          </p>
          {details.value.balances.length === 0 ? (
            <Empty>{text.noBalances}</Empty>
          ) : (
            <Table
              label={text.balances}
              columns={[[text.columns.asset], [text.available, "number"], [text.held, "number"]]}
            >
              {details.value.balances.map(({ asset, available, held }) => (
                <tr key={asset}>
                  <th scope="row">{asset}</th>
                  <td class="number">{figure(available)}</td>
                  <td class="number">{figure(held)}</td>
                </tr>
              ))}
            </Table>
          )}
          <h3>{text.adjust}</h3>
          <Adjust id={id} onDone={details.reload} />
        </>
      )}
    </Dialog>
  );
};
