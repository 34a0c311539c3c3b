import { useEffect, useState } from "preact/hooks";
import type { PlaceRequest, Preview } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { money, words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { sentenceOf } from "../../ui/action.ts";
import { Failure } from "../../ui/parts.tsx";

const DELAY_MS = 200;
const text = texts.trade.preview;

type Answer = { readonly preview: Preview } | { readonly failure: string } | undefined;

/** Asks for a preview when the order has been left alone for a moment; a late answer is dropped. */
const usePreview = (order: PlaceRequest | undefined): Answer => {
  const [answer, setAnswer] = useState<Answer>(undefined);
  const key = order === undefined ? "" : JSON.stringify(order);
  useEffect(() => {
    setAnswer(undefined);
    if (key === "") return;
    let dropped = false;
    const timer = setTimeout(async () => {
      const next = await brokerx.orders.preview(JSON.parse(key)).then(
        (preview) => ({ preview }),
        (error: unknown) => ({ failure: sentenceOf(error) }),
      );
      if (!dropped) setAnswer(next);
    }, DELAY_MS);
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
          {text.failed(sentenceOfCheck(check, code), limit, value)}
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
              <span class="muted">{text.figures(value, limit)}</span>
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

type Props = { readonly order: PlaceRequest | undefined; readonly value: string | undefined };

/** What the order would need, and every check it would pass or fail. */
export const PreviewOf = ({ order, value }: Props) => {
  const answer = usePreview(order);
  return (
    <div class="preview" aria-live="polite">
      {order === undefined ? (
        <p class="hint">{text.incomplete}</p>
      ) : answer === undefined ? (
        <p class="hint">{text.asking}</p>
      ) : "failure" in answer ? (
        <Failure>{answer.failure}</Failure>
      ) : (
        <>
          <Figures preview={answer.preview} value={value} />
          <Checks checks={answer.preview.checks} />
        </>
      )}
    </div>
  );
};
