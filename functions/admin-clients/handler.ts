import type { ClientId } from "../../layers/domain/identifiers.ts";
import { fullName } from "../../layers/domain/identity/client.ts";
import { formatMoney, money } from "../../layers/domain/units.ts";
import { adminOf } from "../../layers/http/admin-call.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { cutPage } from "../../layers/http/page.ts";
import { forbidden, notFound, Problem } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import type { ListedClient } from "../../layers/store/identity/operator-clients.ts";
import { changeStatus, searchClients, viewClient } from "./admin-clients.ts";
import {
  getClientContract,
  listClientsContract,
  reactivateClientContract,
  suspendClientContract,
} from "./contract.ts";

export const listHandler = endpoint(runtime, listClientsContract, async (call) => {
  const { limit, after, email, status } = call.query;
  const search = { email, status, after, limit: limit + 1 };
  const rows = await searchClients(runtime.database, adminOf(call), search);
  const { page, next_page_token } = cutPage(rows, limit, ({ clientId }) => clientId);
  return { status: 200, body: { clients: page.map(show), next_page_token } };
});

export const getHandler = endpoint(runtime, getClientContract, async (call) => {
  const view = await viewClient(runtime.database, adminOf(call), call.params.client_id);
  if (view === undefined) throw notFound("There is no such client.");
  const listings = await runtime.reference.listings();
  const symbols = new Set<string>(listings.map(({ instrument }) => instrument.symbol));
  const amount = (asset: string, value: bigint): string =>
    symbols.has(asset) ? String(value) : formatMoney(money(value));
  return {
    status: 200,
    body: {
      client: show(view.client),
      balances: view.balances.map(({ asset, available, held }) => ({
        ...{ asset, available: amount(asset, available), held: amount(asset, held) },
      })),
      open_orders: view.openOrders,
      sessions: view.sessions.map((session) => ({
        session_id: session.sessionId,
        created_at: session.createdAt.toISOString(),
        last_used_at: session.lastUsedAt.toISOString(),
        expires_at: session.expiresAt.toISOString(),
        address: session.address,
        user_agent: session.userAgent,
      })),
    },
  };
});

export const suspendHandler = endpoint(runtime, suspendClientContract, (call) =>
  change(adminOf(call), call.params.client_id, ["active", "suspended"], call.body.reason),
);

export const reactivateHandler = endpoint(runtime, reactivateClientContract, (call) =>
  change(adminOf(call), call.params.client_id, ["suspended", "active"], call.body.reason),
);

const change = async (
  admin: ReturnType<typeof adminOf>,
  clientId: ClientId,
  [from, to]: readonly ["active" | "suspended", "active" | "suspended"],
  reason: string,
): Promise<Answer> => {
  const outcome = await changeStatus(runtime.database, admin, { clientId, from, to, reason });
  if (outcome.ok) return { status: 200, body: { client: show(outcome.value) } };
  if (outcome.failure.code === "not_found") throw notFound("There is no such client.");
  if (outcome.failure.code === "own_account")
    throw forbidden("forbidden", "Operators cannot suspend themselves.");
  if (outcome.failure.code === "suspension_in_progress")
    throw new Problem({
      status: 409,
      code: "suspension_in_progress",
      detail: "The open orders of the suspended client are still being cancelled.",
      headers: { "retry-after": "1" },
    });
  throw new Problem({
    status: 422,
    code: "client_status",
    detail: `Only a client with the status ${from} can become ${to}.`,
  });
};

const show = (client: ListedClient) => ({
  client_id: client.clientId,
  email: client.email,
  full_name: fullName(client),
  status: client.status,
  email_confirmed: client.emailConfirmed,
  roles: client.roles,
  created_at: client.createdAt.toISOString(),
});
