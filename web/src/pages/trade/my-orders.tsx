import { useState } from "preact/hooks";
import { type Order, unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { clock, money, shares, words } from "../../format.ts";
import { endedOrders, openOrders, ordersLoaded, putOrder } from "../../state/account.ts";
import { announce } from "../../state/announcements.ts";
import { instrumentOf } from "../../state/market.ts";
import { phaseOf } from "../../state/phase.ts";
import { texts } from "../../texts.ts";
import { sentenceOf, useAction } from "../../ui/action.ts";
import { Button } from "../../ui/form.tsx";
import { Empty, Loading, Panel, Table } from "../../ui/parts.tsx";
import { Replace } from "./replace.tsx";

const text = texts.trade.orders;

const COLUMNS = [
  [text.columns.time, "minor"],
  [texts.trade.symbol],
  [text.columns.side],
  [text.columns.type, "minor"],
  [texts.trade.quantity, "number"],
  [texts.trade.price, "number"],
  [text.columns.filled, "number"],
  [text.columns.average, "number"],
  [text.columns.until, "minor"],
  [text.columns.status],
  [text.columns.actions, "hidden"],
] as const;

const priceOf = ({ price, stop_price }: Order): string =>
  stop_price === null
    ? money(price)
    : text.stop(money(stop_price), price === null ? undefined : money(price));

/** A new order whose market is closed waits for the next session. */
const waitsForOpen = ({ status, symbol }: Order): boolean => {
  const listed = status === "new" ? instrumentOf(symbol) : undefined;
  return listed !== undefined && phaseOf(listed).kind === "closed";
};

/** A suspension cancels orders with the same reason as the client, so the text names no one. */
const isCancelledOnRequest = ({ status, reason }: Order): boolean =>
  status === "cancelled" && reason === "requested";

const Status = ({ order }: { readonly order: Order }) => {
  if (isCancelledOnRequest(order)) return <>{text.cancelledOnRequest}</>;
  return (
    <>
      {words(order.pending_action ?? order.status)}
      {waitsForOpen(order) && <span class="muted"> · {text.waitsForOpen}</span>}
      {order.reason !== null && <span class="muted"> · {words(order.reason)}</span>}
    </>
  );
};

const Cells = ({ order }: { readonly order: Order }) => (
  <>
    <td class="minor">
      <time dateTime={order.created_at}>{clock(order.created_at)}</time>
    </td>
    <td>{order.symbol}</td>
    <td class={order.direction}>{texts.sides[order.direction]}</td>
    <td class="minor">{words(order.order_type)}</td>
    <td class="number">{shares(order.quantity)}</td>
    <td class="number">{priceOf(order)}</td>
    <td class="number">{shares(order.filled_quantity)}</td>
    <td class="number">{money(order.average_price)}</td>
    <td class="minor">{order.time_in_force}</td>
    <td>
      <Status order={order} />
    </td>
  </>
);

const OpenRow = ({ order }: { readonly order: Order }) => {
  const [replacing, setReplacing] = useState(false);
  const cancel = useAction(async () => {
    try {
      putOrder(await brokerx.orders.cancel(order.order_id));
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  });
  const name = `${texts.sides[order.direction]} ${order.quantity} ${order.symbol}`;
  const waiting = order.pending_action !== null;
  return (
    <>
      <tr data-order={order.order_id}>
        <Cells order={order} />
        <td class="actions">
          <Button
            label={text.replaceNamed(name)}
            disabled={waiting || waitsForOpen(order)}
            onClick={() => setReplacing(!replacing)}
          >
            {text.replace}
          </Button>
          <Button
            label={text.cancelNamed(name)}
            kind="danger"
            pending={cancel.pending}
            onClick={() => cancel.run()}
          >
            {text.cancel}
          </Button>
        </td>
      </tr>
      {replacing && (
        <tr>
          <td colSpan={COLUMNS.length}>
            <Replace order={order} onDone={() => setReplacing(false)} />
          </td>
        </tr>
      )}
    </>
  );
};

const EndedRow = ({ order }: { readonly order: Order }) => (
  <tr data-order={order.order_id}>
    <Cells order={order} />
    <td />
  </tr>
);

const CancelAll = () => {
  const cancel = useAction(async () => {
    try {
      const { results } = await unwrap(brokerx.api.DELETE("/api/v1/orders"));
      for (const result of results) putOrder(result.order);
      announce(text.cancelledAll(results.filter(({ status }) => status !== 422).length));
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  });
  return (
    <Button
      kind="danger"
      pending={cancel.pending}
      disabled={openOrders.value.length === 0}
      onClick={() => cancel.run()}
    >
      {text.cancelAll}
    </Button>
  );
};

/** The client's open orders, with replace and cancel in place, and the orders that ended last. */
export const MyOrders = () => (
  <Panel title={text.open} aside={<CancelAll />} class="my-orders">
    {!ordersLoaded.value ? (
      <Loading />
    ) : openOrders.value.length === 0 ? (
      <Empty>{text.noOpen}</Empty>
    ) : (
      <Table label={text.open} columns={COLUMNS}>
        {openOrders.value.map((order) => (
          <OpenRow key={order.order_id} order={order} />
        ))}
      </Table>
    )}
    <h3>{text.ended}</h3>
    {endedOrders.value.length === 0 ? (
      <Empty>{text.noEnded}</Empty>
    ) : (
      <Table label={text.ended} columns={COLUMNS}>
        {endedOrders.value.map((order) => (
          <EndedRow key={order.order_id} order={order} />
        ))}
      </Table>
    )}
  </Panel>
);
