import { useState } from "preact/hooks";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form, Select } from "../../ui/form.tsx";
import { Failure, Success } from "../../ui/parts.tsx";

/** A field of the API: whole numbers are sent as numbers, everything else as text. */
export type Spec = {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly whole?: boolean;
  readonly options?: readonly (readonly [value: string, label: string])[];
};

export type Values = Readonly<Record<string, string | number | null | undefined>>;

type Props = {
  readonly label: string;
  readonly submit: string;
  readonly done: string;
  readonly specs: readonly Spec[];
  readonly current: Values;
  /** Gets the fields that were changed, in the form of the API; an emptied field is null. */
  readonly send: (changes: Values, reason: string) => Promise<unknown>;
};

const textOf = (value: Values[string]): string =>
  value === null || value === undefined ? "" : String(value);

const apiValueOf = ({ whole }: Spec, text: string): string | number | null => {
  const typed = text.trim();
  if (typed === "") return null;
  return whole && /^[0-9]{1,15}$/.test(typed) ? Number(typed) : typed;
};

const changesOf = ({ specs, current }: Props, typed: Readonly<Record<string, string>>): Values =>
  Object.fromEntries(
    specs.flatMap((spec) => {
      const text = typed[spec.name];
      const changed = text !== undefined && text.trim() !== textOf(current[spec.name]);
      return changed ? [[spec.name, apiValueOf(spec, text)]] : [];
    }),
  );

/** Shows the present values and sends the fields that an operator changed, with the reason. */
export const ChangeForm = (props: Props) => {
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [reason, setReason] = useState("");
  const [saved, setSaved] = useState(false);
  const changes = changesOf(props, typed);
  const save = useAction(async () => {
    setSaved(false);
    await props.send(changes, reason.trim());
    setTyped({});
    setReason("");
    setSaved(true);
  });
  return (
    <Form label={props.label} onSubmit={() => save.run()}>
      <div class="fields">
        {props.specs.map((spec) => (
          <Input
            key={spec.name}
            spec={spec}
            value={typed[spec.name] ?? textOf(props.current[spec.name])}
            onChange={(text) => setTyped({ ...typed, [spec.name]: text })}
            error={save.fieldError(spec.name)}
          />
        ))}
      </div>
      <Field
        label={texts.operator.reason}
        required
        maxLength={200}
        value={reason}
        onChange={setReason}
        error={save.fieldError("reason")}
      />
      <Failure>{save.error}</Failure>
      {saved && <Success>{props.done}</Success>}
      <div>
        <Button
          type="submit"
          kind="primary"
          pending={save.pending}
          disabled={Object.keys(changes).length === 0}
        >
          {props.submit}
        </Button>
      </div>
    </Form>
  );
};

type InputProps = {
  readonly spec: Spec;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly error: string | undefined;
};

const Input = ({ spec: { label, hint, whole, options }, value, onChange, error }: InputProps) =>
  options === undefined ? (
    <Field
      label={label}
      hint={hint}
      inputMode={whole ? "numeric" : "text"}
      autoComplete="off"
      value={value}
      onChange={onChange}
      error={error}
    />
  ) : (
    <Select label={label} value={value} options={options} onChange={onChange} />
  );
