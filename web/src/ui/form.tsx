import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { texts } from "../texts.ts";
import { type FigureKind, readFigure } from "../typed.ts";

type FieldProps = {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: "text" | "email" | "password" | "date" | "datetime-local" | "search";
  readonly name?: string;
  readonly autoComplete?: string;
  readonly inputMode?: "numeric" | "decimal" | "email" | "text";
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly autoFocus?: boolean;
  /** What the browser offers while the person types; other values are allowed. */
  readonly suggestions?: readonly string[];
  /** The field has lost the focus, or Enter was pressed in it. */
  readonly onLeave?: () => void;
};

/** A labelled input; screen readers announce its hint and its error with it. */
export const Field = (props: FieldProps) => {
  const {
    label,
    hint,
    error,
    value,
    onChange,
    type = "text",
    autoFocus,
    suggestions,
    onLeave,
    ...input
  } = props;
  const element = useRef<HTMLInputElement>(null);
  // The attribute of this name has an effect only while a page loads. A later effect could take the
  // focus from a field in which the person types already.
  useLayoutEffect(() => {
    if (autoFocus) element.current?.focus();
  }, [autoFocus]);
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        type={type as "text"} // Preact's types ask for a component of its own for each type of input
        ref={element}
        id={id}
        list={suggestions && `${id}-list`}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        onBlur={onLeave}
        onKeyDown={(event) => event.key === "Enter" && onLeave?.()}
        aria-invalid={error === undefined ? undefined : "true"}
        aria-describedby={described || undefined}
      />
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
};

type FigureFieldProps = Omit<FieldProps, "inputMode" | "autoComplete" | "onLeave"> & {
  readonly kind: FigureKind;
};

/** A field for a figure. What is wrong with the figure is shown when the field is left. */
export const FigureField = ({ kind, error, onChange, ...field }: FigureFieldProps) => {
  const [left, setLeft] = useState(false);
  const fault = left ? readFigure(kind, field.value).fault : undefined;
  return (
    <Field
      {...field}
      inputMode={kind === "shares" || kind === "whole" ? "numeric" : "decimal"}
      autoComplete="off"
      error={fault ?? error}
      onLeave={() => setLeft(true)}
      onChange={(typed) => {
        setLeft(false);
        onChange(typed.trimStart());
      }}
    />
  );
};

type SelectProps<T extends string> = {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly onChange: (value: T) => void;
};

export const Select = <T extends string>({ label, value, options, onChange }: SelectProps<T>) => {
  const id = useId();
  const choose = (chosen: string): void => {
    const option = options.find(([candidate]) => candidate === chosen);
    if (option !== undefined) onChange(option[0]);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
};

type CheckboxProps = {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
};

export const Checkbox = ({ label, checked, onChange }: CheckboxProps) => (
  <label class="checkbox">
    <input
      type="checkbox"
      checked={checked}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
    {label}
  </label>
);

type ButtonProps = {
  readonly pending?: boolean;
  readonly disabled?: boolean;
  readonly kind?: "primary" | "plain" | "danger" | "buy" | "sell";
  readonly type?: "button" | "submit";
  readonly label?: string;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
};

/** A button that says when its action runs, and cannot be pressed twice meanwhile. */
export const Button = (props: ButtonProps) => (
  <button
    type={props.type ?? "button"}
    class={`button ${props.kind ?? "plain"}`}
    disabled={props.disabled || props.pending}
    aria-busy={props.pending ? "true" : undefined}
    aria-label={props.label}
    onClick={props.onClick}
  >
    {props.children}
    {props.pending && <span class="spinner" role="img" aria-label={texts.common.pending} />}
  </button>
);

type FormProps = {
  readonly label: string;
  readonly onSubmit: () => void;
  /** The person changes a field: a new attempt begins, so the success of the last one must go. */
  readonly onEdit?: () => void;
  readonly children: ComponentChildren;
};

export const Form = ({ label, onSubmit, onEdit, children }: FormProps) => (
  <form
    class="form"
    aria-label={label}
    onInput={onEdit}
    onSubmit={(event) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {children}
  </form>
);
