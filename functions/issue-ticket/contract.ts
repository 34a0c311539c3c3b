import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { timeOut } from "../../layers/representation/fields.ts";

export const issueTicketContract = contract({
  operationId: "issueTicket",
  summary: "Issue a ticket that opens one WebSocket within 30 seconds.",
  tag: "market",
  method: "POST",
  path: "/api/v1/market/tickets",
  access: "client",
  answers: {
    201: {
      description: "The ticket: connect to `/cable?ticket=…`.",
      schema: z.strictObject({ ticket: z.string(), expires_at: timeOut }),
    },
  },
  problems: [],
});
