import { endpoint } from "../../layers/http/endpoint.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import { runtime } from "../../layers/runtime.ts";
import { keepTicket } from "../../layers/store/market/market-tickets.ts";
import { issueTicketContract } from "./contract.ts";

const TICKET_MS = 30_000;

export const handler = endpoint(
  runtime,
  issueTicketContract,
  async ({ client: clientId, credential, tokenExpiresAt }) => {
    const ticket = newToken();
    const expiresAt = new Date(runtime.clock().getTime() + TICKET_MS);
    const hash = hashToken(ticket);
    const holder = { clientId, credential, tokenExpiresAt };
    await keepTicket(runtime.database, { ...holder, hash, expiresAt });
    return { status: 201, body: { ticket, expires_at: expiresAt.toISOString() } };
  },
);
