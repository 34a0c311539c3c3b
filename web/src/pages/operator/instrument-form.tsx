import { useState } from "preact/hooks";
import { call } from "../../api/brokerx.ts";
import type { Instrument } from "../../state/phase.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Form, Select } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Dialog, Failure, Loading } from "../../ui/parts.tsx";
import { readCalendars } from "./calendars.tsx";
import { apiValueOf, ChangeForm, Input, isWrong, type Spec } from "./change-form.tsx";

const text = texts.operator.instrumentForm;
const PATH = "/api/v1/admin/instruments";

const specsOf = (calendars: readonly string[]): readonly Spec[] => [
  { name: "name", label: texts.operator.columns.name },
  { name: "tick_size", label: text.tick, hint: text.whileEmpty, kind: "price" },
  { name: "lot_size", label: text.lot, hint: text.whileEmpty, kind: "whole" },
  { name: "min_quantity", label: text.least, kind: "whole" },
  { name: "max_quantity", label: text.most, kind: "whole" },
  { name: "max_notional", label: text.notional, kind: "amount" },
  { name: "price_band_bps", label: text.band, kind: "whole" },
  { name: "duplicate_window_ms", label: text.duplicate, kind: "whole" },
  { name: "reference_price", label: text.reference, kind: "price" },
  {
    name: "calendar",
    label: texts.operator.calendar,
    options: calendars.map((calendar) => [calendar, calendar]),
  },
];

type EditProps = {
  readonly listed: Instrument;
  readonly onChange: () => void;
  readonly onClose: () => void;
};

/** Changes the limits, the calendar, the tick or the lot of an instrument. */
export const EditInstrument = ({ listed, onChange, onClose }: EditProps) => {
  const [current, setCurrent] = useState(listed);
  const calendars = useLoaded(readCalendars);
  const { price_band: _, session: __, ...fields } = current;
  return (
    <Dialog title={text.edit(listed.symbol)} onClose={onClose}>
      <Failure>{calendars.error}</Failure>
      {calendars.value === undefined ? (
        calendars.error === undefined && <Loading />
      ) : (
        <ChangeForm
          label={text.edit(listed.symbol)}
          submit={texts.common.save}
          done={text.saved}
          specs={specsOf(calendars.value.map(({ calendar }) => calendar))}
          current={fields}
          send={async (changes, reason) => {
            const body = { instrument: changes, reason };
            setCurrent(await call<Instrument>("PATCH", `${PATH}/${listed.symbol}`, body));
            onChange();
          }}
        />
      )}
    </Dialog>
  );
};

const NEW = {
  ...{
    symbol: "",
    name: "",
    tick_size: "0.01",
    max_quantity: "100000",
    max_notional: "1000000.00",
  },
  ...{ price_band_bps: "1000", reference_price: "", calendar: "ALWAYS" },
};

type NewField = Spec & { readonly name: Exclude<keyof typeof NEW, "calendar"> };

const FIELDS: readonly NewField[] = [
  { name: "symbol", label: texts.operator.columns.symbol },
  { name: "name", label: texts.operator.columns.name },
  { name: "tick_size", label: text.tick, kind: "price" },
  { name: "max_quantity", label: text.most, kind: "whole" },
  { name: "max_notional", label: text.notional, kind: "amount" },
  { name: "price_band_bps", label: text.band, kind: "whole" },
  { name: "reference_price", label: text.reference, kind: "price" },
];

/** A field without a value, such as an empty reference price, is not sent. */
const bodyOf = (typed: typeof NEW) => ({
  ...Object.fromEntries(
    FIELDS.flatMap(({ name, kind }) => {
      const value = apiValueOf(kind, typed[name]);
      return value === null ? [] : [[name, value]];
    }),
  ),
  calendar: typed.calendar,
});

type NewProps = { readonly onChange: () => void; readonly onClose: () => void };

/** Lists a new instrument; its first shares come from an adjustment of a client. */
export const NewInstrument = ({ onChange, onClose }: NewProps) => {
  const [typed, setTyped] = useState(NEW);
  const calendars = useLoaded(readCalendars);
  const codes = calendars.value?.map(({ calendar }) => calendar) ?? [typed.calendar];
  const create = useAction(async () => {
    if (FIELDS.some((field) => isWrong(field, typed))) return;
    await call("POST", PATH, { instrument: bodyOf(typed) });
    onChange();
    onClose();
  });
  return (
    <Dialog title={text.add} onClose={onClose}>
      <Form label={text.add} onSubmit={() => create.run()}>
        <p class="hint">{text.addHint}</p>
        <div class="fields">
          {FIELDS.map((field) => (
            <Input
              key={field.name}
              spec={field}
              required={field.name !== "reference_price"}
              autoFocus={field.name === "symbol"}
              value={typed[field.name]}
              onChange={(value) => setTyped({ ...typed, [field.name]: value })}
              error={create.fieldError(field.name)}
            />
          ))}
          <Select
            label={texts.operator.calendar}
            value={typed.calendar}
            options={codes.map((code) => [code, code] as const)}
            onChange={(calendar) => setTyped({ ...typed, calendar })}
          />
        </div>
        <Failure>{create.error}</Failure>
        <div>
          <Button type="submit" kind="primary" pending={create.pending}>
            {text.add}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
};
