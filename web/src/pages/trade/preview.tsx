import { useEffect, useState } from "preact/hooks";
import { BrokerXError, type PlaceRequest, type Preview } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { money, readable, words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { sentenceOf } from "../../ui/action.ts";
import { Failure } from "../../ui/parts.tsx";

const DELAY_MS = 200;
const AGAIN_MS = 2_000;
const text = texts.trade.preview;

type Previewed =
  | { readonly preview: Preview; readonly refused: boolean }
  | { readonly failure: string; readonly refused: boolean }
  | undefined;

const ask = (order: PlaceRequest): Promise<NonNullable<Previewed>> =>
  brokerx.orders.preview(order).then(
    (preview) => ({ preview, refused: preview.checks.some(({ ok }) => !ok) }),
    (error: unknown) => ({
      failure: sentenceOf(error),
      refused: error instanceof BrokerXError && error.status === 422,
    }),
  );

/**
 * Requests a preview when the order has not changed for a moment; a late response is ignored. While the order
 * would be refused, it is requested again, because the market or the account may change.
 */
export const usePreview = (order: PlaceRequest | undefined): Previewed => {
  const [answer, setAnswer] = useState<Previewed>(undefined);
  const key = order === undefined ? "" : JSON.stringify(order);
  useEffect(() => {
    setAnswer(undefined);
    if (key === "") return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let dropped = false;
    const next = async (): Promise<void> => {
      const previewed = await ask(JSON.parse(key));
      if (dropped) return;
      setAnswer(previewed);
      if (previewed.refused) timer = setTimeout(() => void next(), AGAIN_MS);
    };
    timer = setTimeout(() => void next(), DELAY_MS);
    return () => {
      dropped = true;
      clearTimeout(timer);
    };
  }, [key]);
  return answer;
};

const Checks = ({ checks }: Pick<Preview, "checks">) => {
  const failed = checks.filter(({ ok }) => !ok);
  return (
    <>
      {failed.map(({ check, code, limit, value }) => (
        <p key={check} class="error">
          {text.failed(sentenceOfCheck(check, code), readable(limit), readable(value))}
        </p>
      ))}
      <details class="checks">
        <summary>{text.checks(checks.length - failed.length, checks.length)}</summary>
        <ul>
          {checks.map(({ check, ok, limit, value }) => (
            <li key={check} class={ok ? "ok" : "not-ok"}>
              <span>
                {ok ? "✓" : "✗"} {words(check)}
              </span>
              <span class="muted">{text.figures(readable(value), readable(limit))}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
};

const sentenceOfCheck = (check: string, code: string | null): string => {
  const known: Readonly<Record<string, string>> = texts.problems.codes;
  return (code === null ? undefined : known[code]) ?? words(code ?? check);
};

const Figures = ({ preview, value }: { preview: Preview; value: string | undefined }) => (
  <dl class="available">
    {value !== undefined && (
      <>
        <dt>{text.value}</dt>
        <dd class="number">{money(value)}</dd>
      </>
    )}
    <dt>{text.worstPrice}</dt>
    <dd class="number">{money(preview.worst_price)}</dd>
    <dt>{text.held}</dt>
    <dd class="number" data-preview="held">
      {money(preview.reserved_amount)}
    </dd>
  </dl>
);

type Props = {
  readonly complete: boolean;
  readonly response: Previewed;
  readonly value: string | undefined;
};

/** What the order would need, and every check it would pass or fail. */
export const PreviewOf = ({ complete, response, value }: Props) => {
  return (
    <div class="preview" aria-live="polite">
      {!complete ? (
        <p class="hint">{text.incomplete}</p>
      ) : response === undefined ? (
        <p class="hint">{text.asking}</p>
      ) : "failure" in response ? (
        <Failure>{response.failure}</Failure>
      ) : (
        <>
          <Figures preview={response.preview} value={value} />
          <Checks checks={response.preview.checks} />
        </>
      )}
    </div>
  );
};
