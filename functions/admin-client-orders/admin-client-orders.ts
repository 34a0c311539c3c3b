import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { type Admin, administer } from "../../layers/store/identity/admins.ts";
import { findClient } from "../../layers/store/identity/operator-clients.ts";
import { listOrders, type OrderFilter } from "../../layers/store/orders/orders.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/**
 * A page of a client's orders; undefined when there is no such client. Writes an audit row about
 * the operator's look.
 */
export const viewOrders = (
  database: Database,
  admin: Admin,
  { clientId, filter }: { readonly clientId: ClientId; readonly filter: OrderFilter },
): Promise<readonly Order[] | undefined> =>
  administer<readonly Order[] | undefined>(database, admin, async (tx) => {
    if ((await findClient(tx, clientId)) === undefined) return { result: undefined };
    const result = await listOrders(tx, clientId, filter);
    return { result, act: { action: "client_orders_viewed", subject: clientId } };
  });
