import { useState } from "preact/hooks";
import { compareDecimals, type NewTerms, type Order } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { putOrder } from "../../state/account.ts";
import { announce } from "../../state/announcements.ts";
import { texts } from "../../texts.ts";
import { readFigure } from "../../typed.ts";
import { useAction } from "../../ui/action.ts";
import { Button, FigureField, Form } from "../../ui/form.tsx";
import { Failure } from "../../ui/parts.tsx";

const text = texts.trade.orders;

type Props = { readonly order: Order; readonly onDone: () => void };

/** The price of a field that differs from the order's price. */
const newPrice = (price: string | null, typed: string): string | undefined => {
  const { value } = readFigure("price", typed);
  if (price === null || value === undefined) return undefined;
  return compareDecimals(price, value) === 0 ? undefined : value;
};

/** Only the terms that differ from the order that was shown. */
const termsOf = (order: Order, quantity: string, price: string, stop: string): NewTerms => {
  const count = Number(readFigure("shares", quantity).value ?? order.quantity);
  const limit = newPrice(order.price, price);
  const stopPrice = newPrice(order.stop_price, stop);
  return {
    ...(count === order.quantity ? {} : { quantity: count }),
    ...(limit === undefined ? {} : { price: limit }),
    ...(stopPrice === undefined ? {} : { stop_price: stopPrice }),
  };
};

/** New terms for an open order; the SDK repeats the request when the order has a newer version. */
export const Replace = ({ order, onDone }: Props) => {
  const [quantity, setQuantity] = useState(String(order.quantity));
  const [price, setPrice] = useState(order.price ?? "");
  const [stop, setStop] = useState(order.stop_price ?? "");
  const isWrong =
    readFigure("shares", quantity).fault !== undefined ||
    [price, stop].some((typed) => readFigure("price", typed).fault !== undefined);
  const replace = useAction(async () => {
    if (isWrong) return;
    const terms = termsOf(order, quantity, price, stop);
    if (Object.keys(terms).length > 0) {
      putOrder(await brokerx.orders.replace(order, terms));
      announce(text.replaced);
    }
    onDone();
  });
  return (
    <Form label={text.replaceNamed(order.symbol)} onSubmit={() => replace.run()}>
      <div class="row">
        <FigureField
          kind="shares"
          label={text.newQuantity}
          required
          value={quantity}
          onChange={setQuantity}
          error={replace.fieldError("quantity")}
          autoFocus
        />
        {order.price !== null && (
          <FigureField
            kind="price"
            label={texts.trade.ticket.limitPrice}
            required
            value={price}
            onChange={setPrice}
            error={replace.fieldError("price")}
          />
        )}
        {order.stop_price !== null && (
          <FigureField
            kind="price"
            label={texts.trade.ticket.stopPrice}
            required
            value={stop}
            onChange={setStop}
            error={replace.fieldError("stop_price")}
          />
        )}
        <Button type="submit" kind="primary" pending={replace.pending}>
          {text.replaceSubmit}
        </Button>
        <Button onClick={onDone}>{text.keep}</Button>
      </div>
      <Failure>{replace.error}</Failure>
    </Form>
  );
};
