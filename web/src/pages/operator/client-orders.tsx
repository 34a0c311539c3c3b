import { useState } from "preact/hooks";
import { type Order, unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { money, shares, words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Select } from "../../ui/form.tsx";
import { usePages } from "../../ui/pages.ts";
import { Empty, Loading, Table, Time } from "../../ui/parts.tsx";
import { MoreOf } from "../../ui/sentinel.tsx";

const text = texts.operator.orders;
const columns = texts.trade.orders.columns;
type Status = (typeof text.statuses)[number][0];

const COLUMNS = [
  [columns.time],
  [texts.trade.symbol],
  [columns.side],
  [columns.type],
  [texts.trade.quantity, "number"],
  [columns.filled, "number"],
  [texts.trade.price, "number"],
  [columns.until],
  [columns.status],
] as const;

const Row = ({ order }: { readonly order: Order }) => (
  <tr>
    <td>
      <Time at={order.created_at} />
    </td>
    <td>{order.symbol}</td>
    <td class={order.direction}>{texts.sides[order.direction]}</td>
    <td>{words(order.order_type)}</td>
    <td class="number">{shares(order.quantity)}</td>
    <td class="number">{shares(order.filled_quantity)}</td>
    <td class="number">{money(order.price ?? order.stop_price)}</td>
    <td>{order.time_in_force}</td>
    <td>
      {words(order.pending_action ?? order.status)}
      {order.reason !== null && <span class="muted"> · {words(order.reason)}</span>}
    </td>
  </tr>
);

/** A client's orders as the client sees them, newest first. */
export const ClientOrders = ({ id }: { readonly id: string }) => {
  const [status, setStatus] = useState<Status>("open");
  const pages = usePages(async (after) => {
    const query = { status, limit: 25, ...(after === undefined ? {} : { after }) };
    const page = await unwrap(
      brokerx.api.GET("/api/v1/admin/clients/{client_id}/orders", {
        params: { path: { client_id: id }, query },
      }),
    );
    return { items: page.orders, next: page.next_page_token };
  }, status);
  return (
    <>
      <Select label={text.show} value={status} options={text.statuses} onChange={setStatus} />
      {pages.items === undefined ? (
        pages.more.error === undefined && <Loading />
      ) : pages.items.length === 0 ? (
        <Empty>{text.none}</Empty>
      ) : (
        <Table label={text.title} columns={COLUMNS}>
          {pages.items.map((order) => (
            <Row key={order.order_id} order={order} />
          ))}
        </Table>
      )}
      <MoreOf pages={pages} />
    </>
  );
};
