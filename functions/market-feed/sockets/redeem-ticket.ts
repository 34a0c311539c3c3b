import type { Clock } from "../../../layers/platform/clock.ts";
import { hashToken } from "../../../layers/platform/credentials/secrets.ts";
import { takeTicket } from "../../../layers/store/market/market-tickets.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import type { Admitted } from "./connect.ts";

/** Takes a one-use ticket, and tells whom it speaks for and until when its token does. */
export const redeemer =
  ({ database, clock }: { readonly database: Executor; readonly clock: Clock }) =>
  async (ticket: string): Promise<Omit<Admitted, "protocol"> | undefined> => {
    const holder = await takeTicket(database, hashToken(ticket), clock());
    return holder && { clientId: holder.clientId, expiresAt: holder.tokenExpiresAt };
  };
