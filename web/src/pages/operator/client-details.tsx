import { unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { figure } from "../../format.ts";
import { texts } from "../../texts.ts";
import { useLoaded } from "../../ui/loaded.ts";
import { Dialog, Empty, Failure, Loading, Table } from "../../ui/parts.tsx";
import { Adjust } from "./adjust.tsx";
import { ClientLimits } from "./client-limits.tsx";
import { ClientOrders } from "./client-orders.tsx";

const text = texts.operator;

type Props = { readonly id: string; readonly onClose: () => void };

/** What a client owns and has ordered, its limits, and corrections as new journal entries. */
export const ClientDetails = ({ id, onClose }: Props) => {
  const details = useLoaded(() =>
    unwrap(
      brokerx.api.GET("/api/v1/admin/clients/{client_id}", {
        params: { path: { client_id: id } },
      }),
    ),
  );
  return (
    <Dialog title={details.value?.client.full_name ?? text.details} onClose={onClose} wide>
      <Failure>{details.error}</Failure>
      {details.value === undefined ? (
        <Loading />
      ) : (
        <>
          <p>
            {details.value.client.email} ·{" "}
            {text.openOrders(details.value.open_orders, details.value.sessions.length)}
          </p>
          {details.value.balances.length === 0 ? (
            <Empty>{text.noBalances}</Empty>
          ) : (
            <Table
              label={text.balances}
              columns={[[text.columns.asset], [text.available, "number"], [text.held, "number"]]}
            >
              {details.value.balances.map(({ asset, available, held }) => (
                <tr key={asset}>
                  <th scope="row">{asset}</th>
                  <td class="number">{figure(available)}</td>
                  <td class="number">{figure(held)}</td>
                </tr>
              ))}
            </Table>
          )}
          <h3>{text.orders.title}</h3>
          <ClientOrders id={id} />
          <h3>{text.limits.title}</h3>
          <ClientLimits id={id} />
          <h3>{text.adjust}</h3>
          <Adjust id={id} onDone={details.reload} />
        </>
      )}
    </Dialog>
  );
};
