import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { moment, signedMoney, trend } from "../format.ts";
import { texts } from "../texts.ts";
import { Button } from "./form.tsx";

/** A sentence about a failure, which screen readers announce immediately. */
export const Failure = ({ children }: { readonly children: ComponentChildren }) =>
  children ? (
    <p class="failure" role="alert">
      {children}
    </p>
  ) : null;

export const Success = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="success" role="status">
    {children}
  </p>
);

type PanelProps = {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
};

/** A titled part of a page. */
export const Panel = ({ title, aside, children, class: extra = "" }: PanelProps) => {
  const id = useId();
  return (
    <section class={`panel ${extra}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
};

export const Empty = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="empty">{children}</p>
);

export const Loading = () => (
  <p class="empty" role="status">
    {texts.common.loading}
  </p>
);

export const Time = ({ at }: { readonly at: string }) => <time dateTime={at}>{moment(at)}</time>;

/** A gain or loss; the colour has the same meaning as the sign. */
export const Gain = ({ amount }: { readonly amount: string | null }) => (
  <span class={`number ${trend(amount)}`}>{signedMoney(amount)}</span>
);

/** `hidden`: only screen readers get the name. `minor`: a phone has no room for this column. */
type ColumnKind = "number" | "hidden" | "minor";

export type TableProps = {
  readonly label: string;
  readonly columns: readonly (readonly [name: string, kind?: ColumnKind])[];
  readonly children: ComponentChildren;
};

/** A table that scrolls sideways on a narrow screen, also with the keyboard. */
export const Table = ({ label, columns, children }: TableProps) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for inputs
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <div class="scroll" role="group" aria-label={label} tabIndex={0}>
    <table>
      <thead>
        <tr>
          {columns.map(([name, kind]) => (
            <th key={name} scope="col" class={kind === "hidden" ? undefined : kind}>
              {kind === "hidden" ? <span class="unseen">{name}</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);

type DialogProps = {
  readonly title: string;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
};

/** A modal dialog; Escape closes it and the focus returns to where it was. */
export const Dialog = ({ title, onClose, wide, children }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class={wide ? "wide" : ""} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <Button label={texts.common.close} onClick={() => dialog.current?.close()}>
          ✕
        </Button>
      </header>
      {children}
    </dialog>
  );
};
