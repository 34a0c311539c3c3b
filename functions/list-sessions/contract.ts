import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { timeOut } from "../../layers/representation/fields.ts";

export const listSessionsContract = contract({
  operationId: "listSessions",
  summary: "List the valid sessions, newest first.",
  tag: "identity",
  method: "GET",
  path: "/api/v1/auth/sessions",
  access: "client",
  answers: {
    200: {
      description: "At most 100 sessions.",
      schema: z.object({
        sessions: z.array(
          z.object({
            session_id: z.string().meta({ format: "uuid" }),
            created_at: timeOut,
            last_used_at: timeOut,
            expires_at: timeOut,
            address: z.string().meta({ description: "The network address of its last refresh." }),
            user_agent: z.string(),
            current: z
              .boolean()
              .meta({ description: "Whether the request belongs to this session." }),
          }),
        ),
      }),
    },
  },
  problems: [],
});
