import { useEffect, useState } from "preact/hooks";
import { BrokerXError, type PlaceRequest, type Preview } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { failedCheck, passedCheck } from "../../checks.ts";
import { money, shares, times } from "../../format.ts";
import { quoteOf } from "../../state/market.ts";
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
 * Requests a preview when the order has not changed for a moment; a late response is ignored. It is requested
 * again while the order would be refused, because the market or the account may change, and after a failure,
 * because BrokerX may be reachable again.
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
      if (previewed.refused || "failure" in previewed)
        timer = setTimeout(() => void next(), AGAIN_MS);
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
  const passed = checks.filter(({ ok }) => ok);
  return (
    <>
      {failed.map((check) => (
        <p key={check.check} class="error">
          {failedCheck(check)}
        </p>
      ))}
      <details class="checks">
        <summary>{text.checks(passed.length, checks.length)}</summary>
        <ul>
          {passed.map((check) => (
            <li key={check.check}>✓ {passedCheck(check)}</li>
          ))}
        </ul>
      </details>
    </>
  );
};

/** Follows the market; screen readers do not announce each change. */
const Estimate = ({ order }: { readonly order: PlaceRequest }) => {
  const { bid, ask } = quoteOf(order.symbol).value ?? {};
  const best = order.direction === "buy" ? ask : bid;
  const estimate = best ? times(best, order.quantity) : undefined;
  return (
    <>
      <dt>{text.estimate[order.direction]}</dt>
      <dd class="number" data-preview="estimate" aria-live="off">
        {money(estimate)}
      </dd>
    </>
  );
};

type FiguresProps = { readonly order: PlaceRequest; readonly preview: Preview };

/** What a limit order is worth, or what a market order may cost; a sell order holds no cash. */
const Figures = ({ order, preview }: FiguresProps) => {
  const { price, direction, order_type: type, quantity } = order;
  const value = price ? times(String(price), quantity) : undefined;
  return (
    <>
      <dl class="available">
        {type === "market" && <Estimate order={order} />}
        {value === undefined ? (
          <>
            <dt>{text.worstPrice}</dt>
            <dd class="number">{money(preview.worst_price)}</dd>
          </>
        ) : (
          <>
            <dt>{text.value}</dt>
            <dd class="number">{money(value)}</dd>
          </>
        )}
        <dt>{text.held}</dt>
        <dd class="number" data-preview="held">
          {direction === "buy" ? money(preview.reserved_amount) : text.heldShares(shares(quantity))}
        </dd>
      </dl>
      <p class="hint">{value === undefined ? text.heldAtWorst[direction] : text.heldUntilEnd}</p>
    </>
  );
};

type Props = {
  readonly order: PlaceRequest | undefined;
  /** Why there is no order yet. */
  readonly lack: string | undefined;
  readonly response: Previewed;
};

/** What the order would need, and every check it would pass or fail. */
export const PreviewOf = ({ order, lack, response }: Props) => (
  <div class="preview" aria-live="polite">
    {order === undefined ? (
      <p class="hint">{lack}</p>
    ) : response === undefined ? (
      <p class="hint">{text.asking}</p>
    ) : "failure" in response ? (
      <Failure>{response.failure}</Failure>
    ) : (
      <>
        <Figures order={order} preview={response.preview} />
        <Checks checks={response.preview.checks} />
      </>
    )}
  </div>
);
