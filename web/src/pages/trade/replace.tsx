import { useState } from "preact/hooks";
import type { NewTerms, Order } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { putOrder } from "../../state/account.ts";
import { announce } from "../../state/announcements.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Failure } from "../../ui/parts.tsx";

const text = texts.trade.orders;

type Props = { readonly order: Order; readonly onDone: () => void };

/** Sends only the terms that differ from the order that was shown. */
const termsOf = (order: Order, quantity: string, price: string, stop: string): NewTerms => ({
  ...(quantity !== String(order.quantity) ? { quantity: Number(quantity) } : {}),
  ...(price !== (order.price ?? "") ? { price } : {}),
  ...(stop !== (order.stop_price ?? "") ? { stop_price: stop } : {}),
});

/** New terms for an open order; the SDK repeats the request when the order has a newer version. */
export const Replace = ({ order, onDone }: Props) => {
  const [quantity, setQuantity] = useState(String(order.quantity));
  const [price, setPrice] = useState(order.price ?? "");
  const [stop, setStop] = useState(order.stop_price ?? "");
  const replace = useAction(async () => {
    putOrder(await brokerx.orders.replace(order, termsOf(order, quantity, price, stop)));
    announce(text.replaced);
    onDone();
  });
  return (
    <Form label={text.replaceNamed(order.symbol)} onSubmit={() => replace.run()}>
      <div class="row">
        <Field
          label={text.newQuantity}
          inputMode="numeric"
          value={quantity}
          onChange={setQuantity}
          error={replace.fieldError("quantity")}
          autoFocus
        />
        {order.price !== null && (
          <Field
            label={texts.trade.ticket.limitPrice}
            inputMode="decimal"
            value={price}
            onChange={setPrice}
            error={replace.fieldError("price")}
          />
        )}
        {order.stop_price !== null && (
          <Field
            label={texts.trade.ticket.stopPrice}
            inputMode="decimal"
            value={stop}
            onChange={setStop}
            error={replace.fieldError("stop_price")}
          />
        )}
        <Button type="submit" kind="primary" pending={replace.pending}>
          {text.replace}
        </Button>
        <Button onClick={onDone}>{texts.common.cancel}</Button>
      </div>
      <Failure>{replace.error}</Failure>
    </Form>
  );
};
