import assert from "node:assert/strict";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { loadAdminRoutes } from "../support/routes.ts";

/** An operator who calls the routes of the admin service, with the privileges of that service. */
export const startOperator = async () => {
  const database = await testDatabase();
  useEnvironment(asRole(database.url, "brokerx_admin"));
  const routes = await loadAdminRoutes();
  await createInstrument(database, "AAPL");
  const operator = await createTestClient(database, { roles: ["admin"], email: "op@test.example" });

  const send = async (
    operation: string,
    request: Parameters<typeof invoke>[1] = {},
    as: ClientId = operator,
    roles = ["admin"],
  ): Promise<Reply> => {
    const route = routes[operation];
    assert.ok(route, operation);
    const authorization = await authorizationOf(as, roles);
    const headers = { authorization, ...request.headers };
    return invoke(route.handler, { method: route.contract.method, ...request, headers });
  };

  const adjust = (client: ClientId, body: object, key: string = newUuid()): Promise<Reply> =>
    send("adjustBalance", {
      params: { client_id: client },
      headers: { "idempotency-key": key },
      body: { reason: "initial shares", ...body },
    });

  return { database, routes, operator, send, adjust };
};
