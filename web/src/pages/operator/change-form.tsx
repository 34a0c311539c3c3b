import { useState } from "preact/hooks";
import { texts } from "../../texts.ts";
import { type FigureKind, readFigure } from "../../typed.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, FigureField, Form, Select } from "../../ui/form.tsx";
import { Failure, Success } from "../../ui/parts.tsx";

/** A field of the API. A field with a kind takes a figure, the others take text. */
export type Spec = {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly kind?: FigureKind;
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

type Typed = Readonly<Record<string, string>>;

/** Whole numbers are sent as numbers, everything else as text. */
export const apiValueOf = (kind: FigureKind | undefined, typed: string): string | number | null => {
  const value = kind === undefined ? typed.trim() : (readFigure(kind, typed).value ?? "");
  if (value === "") return null;
  return kind === "shares" || kind === "whole" ? Number(value) : value;
};

/** Whether a field has a figure that cannot be read. */
export const isWrong = ({ kind, name }: Spec, typed: Typed): boolean =>
  kind !== undefined && readFigure(kind, typed[name] ?? "").fault !== undefined;

/** The fields that differ from the present values, also those with a figure that cannot be read. */
const changesOf = ({ specs, current }: Props, typed: Typed): Values =>
  Object.fromEntries(
    specs.flatMap((spec) => {
      const text = typed[spec.name];
      if (text === undefined) return [];
      const value = apiValueOf(spec.kind, text);
      const isChanged = isWrong(spec, typed) || textOf(value) !== textOf(current[spec.name]);
      return isChanged ? [[spec.name, value]] : [];
    }),
  );

/** Shows the present values and sends the fields that an operator changed, with the reason. */
export const ChangeForm = (props: Props) => {
  const [typed, setTyped] = useState<Typed>({});
  const [reason, setReason] = useState("");
  const changes = changesOf(props, typed);
  const save = useAction(async () => {
    if (props.specs.some((spec) => isWrong(spec, typed))) return false;
    await props.send(changes, reason.trim());
    setTyped({});
    setReason("");
    return true;
  });
  return (
    <Form label={props.label} onSubmit={() => save.run()} onEdit={save.dropResult}>
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
      {save.result && <Success>{props.done}</Success>}
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
  readonly required?: boolean;
  readonly autoFocus?: boolean;
};

/** The input that a field needs: a list of options, a figure or a text. */
export const Input = ({ spec: { label, hint, kind, options }, ...input }: InputProps) => {
  const { value, onChange } = input;
  if (options !== undefined)
    return <Select label={label} value={value} options={options} onChange={onChange} />;
  const field = { label, hint, ...input };
  return kind === undefined ? (
    <Field {...field} autoComplete="off" />
  ) : (
    <FigureField {...field} kind={kind} />
  );
};
