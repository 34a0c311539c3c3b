import { z } from "zod";
import { clientIdField, reasonField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { nextPageToken, pageQuery } from "../../layers/http/page.ts";
import { timeOut } from "../../layers/representation/fields.ts";

const STATUSES = ["pending", "active", "suspended", "closed"] as const;

const clientOut = z
  .strictObject({
    client_id: z.uuid(),
    email: z.string(),
    full_name: z.string(),
    status: z.enum(STATUSES),
    email_confirmed: z.boolean().meta({
      description:
        "Whether the mailed link was opened. A `pending` client has no account until the first login.",
    }),
    roles: z.array(z.string()),
    created_at: timeOut,
  })
  .meta({ id: "OperatorClient" });

const promise = { tag: "admin", access: "admin" } as const;
const params = z.strictObject({ client_id: clientIdField });

export const listClientsContract = contract({
  ...promise,
  operationId: "listClients",
  summary: "Find clients by the beginning of their e-mail address or by their status.",
  method: "GET",
  path: "/api/v1/admin/clients",
  query: z.strictObject({
    ...pageQuery,
    email: z
      .string()
      .regex(/^\P{Cc}{0,254}$/u, "must be the beginning of an e-mail address")
      .optional(),
    status: z.enum(STATUSES).optional(),
  }),
  answers: {
    200: {
      description: "A page of clients, newest first.",
      schema: z.strictObject({ clients: z.array(clientOut), next_page_token: nextPageToken }),
    },
  },
  problems: [],
});

export const getClientContract = contract({
  ...promise,
  operationId: "getClient",
  summary: "Read a client with its balances, its sessions and the number of its open orders.",
  method: "GET",
  path: "/api/v1/admin/clients/{client_id}",
  params,
  answers: {
    200: {
      description: "The client. Cash is in money, shares are whole numbers.",
      schema: z.strictObject({
        client: clientOut,
        balances: z.array(
          z.strictObject({ asset: z.string(), available: z.string(), held: z.string() }),
        ),
        open_orders: z.int(),
        sessions: z.array(
          z.strictObject({
            session_id: z.uuid(),
            created_at: timeOut,
            last_used_at: timeOut,
            expires_at: timeOut,
            address: z.string(),
            user_agent: z.string(),
          }),
        ),
      }),
    },
  },
  problems: ["not_found"],
});

const change = {
  ...promise,
  method: "POST",
  params,
  body: z.strictObject({ reason: reasonField }),
  answers: {
    200: {
      description: "The client after the change.",
      schema: z.strictObject({ client: clientOut }),
    },
  },
  problems: ["not_found", "client_status"],
} as const;

export const suspendClientContract = contract({
  ...change,
  operationId: "suspendClient",
  summary: "Suspend an active client. Sessions end, and all tokens and keys are refused.",
  path: "/api/v1/admin/clients/{client_id}/suspend",
});

export const reactivateClientContract = contract({
  ...change,
  operationId: "reactivateClient",
  summary: "Reactivate a suspended client, who may then log in and trade again.",
  path: "/api/v1/admin/clients/{client_id}/reactivate",
  problems: [...change.problems, "suspension_in_progress"],
});
