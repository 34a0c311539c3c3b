import type { Clock } from "../../../layers/platform/clock.ts";
import { hashToken } from "../../../layers/platform/credentials/secrets.ts";
import { takeTicket } from "../../../layers/store/market/market-tickets.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import type { CredentialOwner } from "./connect.ts";

/** Uses up a one-use ticket. Returns its owner, or undefined for an unknown or expired ticket. */
export const ticketRedeemer =
  ({ database, clock }: { readonly database: Executor; readonly clock: Clock }) =>
  async (ticket: string): Promise<CredentialOwner | undefined> => {
    const owner = await takeTicket(database, hashToken(ticket), clock());
    if (owner === undefined) return undefined;
    const { clientId, credential, tokenExpiresAt: expiresAt } = owner;
    return { clientId, credential, expiresAt };
  };
