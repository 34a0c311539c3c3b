import { useEffect } from "preact/hooks";
import { brokerx } from "../../api/brokerx.ts";
import { money, shares } from "../../format.ts";
import { portfolio, putOrder } from "../../state/account.ts";
import { announce } from "../../state/announcements.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Checkbox, Field, FigureField, Form, Select } from "../../ui/form.tsx";
import { Failure, Panel } from "../../ui/parts.tsx";
import { change, clearFigures, draft, lackOf, needsPrice, needsStop, orderOf } from "./draft.ts";
import { PreviewOf, usePreview } from "./preview.tsx";

const text = texts.trade.ticket;

const Direction = () => (
  <fieldset class="direction">
    <legend class="unseen">{text.direction}</legend>
    {(["buy", "sell"] as const).map((direction) => (
      <label key={direction} class={direction}>
        <input
          type="radio"
          name="direction"
          checked={draft.value.direction === direction}
          onChange={() => change({ direction })}
        />
        {texts.sides[direction]}
      </label>
    ))}
  </fieldset>
);

const Figures = ({ fieldError }: { fieldError: (name: string) => string | undefined }) => {
  const { type, quantity, price, stopPrice } = draft.value;
  return (
    <>
      <FigureField
        kind="shares"
        label={texts.trade.quantity}
        name="quantity"
        value={quantity}
        onChange={(typed) => change({ quantity: typed })}
        error={fieldError("quantity")}
      />
      {needsStop(type) && (
        <FigureField
          kind="price"
          label={text.stopPrice}
          name="stop_price"
          value={stopPrice}
          onChange={(typed) => change({ stopPrice: typed })}
          error={fieldError("stop_price")}
        />
      )}
      {needsPrice(type) && (
        <FigureField
          kind="price"
          label={text.limitPrice}
          name="price"
          value={price}
          onChange={(typed) => change({ price: typed })}
          error={fieldError("price")}
        />
      )}
    </>
  );
};

const Duration = () => {
  const { timeInForce, expiresAt } = draft.value;
  return (
    <>
      <Select
        label={text.timeInForce}
        value={timeInForce}
        options={text.timesInForce}
        onChange={(chosen) => change({ timeInForce: chosen })}
      />
      {timeInForce === "GTD" && (
        <Field
          label={text.expiresAt}
          name="expires_at"
          type="datetime-local"
          value={expiresAt}
          onChange={(value) => change({ expiresAt: value })}
        />
      )}
    </>
  );
};

const More = () => (
  <details class="more">
    <summary>{text.more}</summary>
    {draft.value.type === "limit" && (
      <Checkbox
        label={text.postOnly}
        checked={draft.value.postOnly}
        onChange={(postOnly) => change({ postOnly })}
      />
    )}
    <Select
      label={text.selfTrade}
      value={draft.value.selfTrade}
      options={text.selfTrades}
      onChange={(selfTrade) => change({ selfTrade })}
    />
  </details>
);

const Available = ({ symbol }: { readonly symbol: string }) => {
  const held = portfolio.value?.positions.find((position) => position.symbol === symbol);
  return (
    <dl class="available">
      <dt>{text.buyingPower}</dt>
      <dd class="number">{money(portfolio.value?.available_balance)}</dd>
      <dt>{text.sharesAvailable}</dt>
      <dd class="number">{shares(held?.available ?? 0)}</dd>
    </dl>
  );
};

/** Places orders of every kind, and shows what each would need before it is placed. */
export const Ticket = ({ symbol }: { readonly symbol: string }) => {
  useEffect(clearFigures, []);
  const order = orderOf(symbol, draft.value);
  const previewed = usePreview(order);
  const place = useAction(async () => {
    if (order === undefined) return;
    const placed = await brokerx.orders.place(order);
    putOrder(placed);
    announce(text.accepted(texts.sides[placed.direction], shares(placed.quantity), symbol));
    change({ quantity: "" });
  });
  const { direction, type } = draft.value;
  return (
    <Panel title={text.title(symbol)} class="ticket">
      <Form label={text.title(symbol)} onSubmit={() => place.run()}>
        <Direction />
        <Select
          label={text.type}
          value={type}
          options={text.types}
          onChange={(chosen) => change({ type: chosen })}
        />
        <Figures fieldError={place.fieldError} />
        <Duration />
        <More />
        <Available symbol={symbol} />
        <PreviewOf order={order} lack={lackOf(draft.value)} response={previewed} />
        <Failure>{place.error}</Failure>
        <Button
          type="submit"
          kind={direction}
          pending={place.pending}
          disabled={order === undefined || previewed?.refused === true}
        >
          {text.submit(texts.sides[direction], symbol)}
        </Button>
      </Form>
    </Panel>
  );
};
