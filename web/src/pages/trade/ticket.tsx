import { useEffect } from "preact/hooks";
import { brokerx } from "../../api/brokerx.ts";
import { money, shares, times } from "../../format.ts";
import { portfolio, putOrder } from "../../state/account.ts";
import { announce } from "../../state/announcements.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Checkbox, Field, Form, Select } from "../../ui/form.tsx";
import { Failure, Panel } from "../../ui/parts.tsx";
import { change, clearFigures, draft, needsPrice, needsStop, orderOf } from "./draft.ts";
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
      <Field
        label={texts.trade.quantity}
        name="quantity"
        inputMode="numeric"
        autoComplete="off"
        value={quantity}
        onChange={(value) => change({ quantity: value.trim() })}
        error={fieldError("quantity")}
      />
      {needsStop(type) && (
        <Field
          label={text.stopPrice}
          name="stop_price"
          inputMode="decimal"
          autoComplete="off"
          value={stopPrice}
          onChange={(value) => change({ stopPrice: value.trim() })}
          error={fieldError("stop_price")}
        />
      )}
      {needsPrice(type) && (
        <Field
          label={text.limitPrice}
          name="price"
          inputMode="decimal"
          autoComplete="off"
          value={price}
          onChange={(value) => change({ price: value.trim() })}
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
  const { direction, type, price, quantity } = draft.value;
  const value =
    needsPrice(type) && order !== undefined ? times(price, Number(quantity)) : undefined;
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
        <PreviewOf complete={order !== undefined} response={previewed} value={value} />
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
