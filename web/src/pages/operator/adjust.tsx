import { useState } from "preact/hooks";
import { unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { texts } from "../../texts.ts";
import { readFigure } from "../../typed.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, FigureField, Form, Select } from "../../ui/form.tsx";
import { Failure, Success } from "../../ui/parts.tsx";

const text = texts.operator;

type AdjustProps = { readonly id: string; readonly onDone: () => void };
type Direction = "grant" | "take";

/** Grants or takes cash or shares, as a new journal entry. */
export const Adjust = ({ id, onDone }: AdjustProps) => {
  const [asset, setAsset] = useState("USD");
  const [amount, setAmount] = useState("");
  const [direction, setDirection] = useState<Direction>("grant");
  const [reason, setReason] = useState("");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const adjust = useAction(async () => {
    const { value } = readFigure("amount", amount);
    if (value === undefined) return false;
    await unwrap(
      brokerx.api.POST("/api/v1/admin/clients/{client_id}/adjustments", {
        params: { path: { client_id: id }, header: { "idempotency-key": key } },
        body: { asset: asset.trim(), amount: value, direction, reason: reason.trim() },
      }),
    );
    setKey(crypto.randomUUID());
    setAmount("");
    onDone();
    return true;
  });
  return (
    <Form label={text.adjust} onSubmit={() => adjust.run()} onEdit={adjust.dropResult}>
      <div class="fields">
        <Select
          label={text.direction}
          value={direction}
          options={text.directions}
          onChange={setDirection}
        />
        <FigureField
          kind="amount"
          label={text.columns.amount}
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
      {adjust.result && <Success>{text.adjusted}</Success>}
      <div>
        <Button type="submit" kind="danger" pending={adjust.pending}>
          {text.adjust}
        </Button>
      </div>
    </Form>
  );
};
