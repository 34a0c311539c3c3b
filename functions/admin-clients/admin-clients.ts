import type { ClientId } from "../../layers/domain/identifiers.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { type Admin, administer } from "../../layers/store/identity/admins.ts";
import { revokeKeys } from "../../layers/store/identity/api-keys.ts";
import { setStatus } from "../../layers/store/identity/clients.ts";
import {
  countOpenOrders,
  countOrdersToCancel,
  findClient,
  findClients,
  findHoldings,
  type ListedClient,
} from "../../layers/store/identity/operator-clients.ts";
import {
  endOtherSessions,
  listSessions,
  type SessionView,
} from "../../layers/store/identity/sessions.ts";
import { lockAccount } from "../../layers/store/orders/accounts.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** A page of clients. */
export const searchClients = (
  database: Database,
  admin: Admin,
  search: Parameters<typeof findClients>[1],
): Promise<readonly ListedClient[]> =>
  administer(database, admin, async (tx) => ({ result: await findClients(tx, search) }));

type ClientView = {
  readonly client: ListedClient;
  readonly balances: Awaited<ReturnType<typeof findHoldings>>;
  readonly openOrders: number;
  readonly sessions: readonly SessionView[];
};

/**
 * A client with its balances, open orders and sessions. Writes an audit row about the operator's
 * look.
 */
export const viewClient = (
  database: Database,
  admin: Admin,
  clientId: ClientId,
): Promise<ClientView | undefined> =>
  administer<ClientView | undefined>(database, admin, async (tx) => {
    const client = await findClient(tx, clientId);
    if (client === undefined) return { result: undefined };
    const result = {
      client,
      balances: await findHoldings(tx, clientId),
      openOrders: await countOpenOrders(tx, clientId),
      sessions: await listSessions(tx, clientId),
    };
    return { result, act: { action: "client_viewed", subject: clientId } };
  });

type StatusRefusal = {
  readonly code: "not_found" | "client_status" | "own_account" | "suspension_in_progress";
};

/**
 * Suspends or reactivates a client; a suspension ends all sessions, revokes all API keys, and the worker
 * cancels the open orders. A client is not reactivated before the cancellation of every order is
 * requested: the worker would leave the rest open. Operators cannot suspend themselves: without an
 * operator, no one could reactivate a client.
 */
export const changeStatus = (
  database: Database,
  admin: Admin,
  request: {
    readonly clientId: ClientId;
    readonly from: "active" | "suspended";
    readonly to: "active" | "suspended";
    readonly reason: string;
  },
): Promise<Outcome<ListedClient, StatusRefusal>> =>
  administer<Outcome<ListedClient, StatusRefusal>>(database, admin, async (tx) => {
    const { clientId, from, to, reason } = request;
    if (clientId === admin.clientId) return { result: refuse({ code: "own_account" }) };
    // The client may be closing the account.
    await lockAccount(tx, clientId);
    const client = await findClient(tx, clientId);
    if (client === undefined) return { result: refuse({ code: "not_found" }) };
    if (client.status !== from) return { result: refuse({ code: "client_status" }) };
    if (to === "active" && (await countOrdersToCancel(tx, clientId)) > 0)
      return { result: refuse({ code: "suspension_in_progress" }) };
    await setStatus(tx, clientId, to);
    if (to === "suspended") {
      await endOtherSessions(tx, { clientId, keep: undefined, reason: "suspended" });
      await revokeKeys(tx, clientId);
    }
    const action = to === "suspended" ? "client_suspended" : "client_reactivated";
    return {
      result: accept({ ...client, status: to }),
      act: { action, subject: clientId, facts: { reason } },
    };
  });
