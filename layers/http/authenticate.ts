import type { ClientId } from "../domain/identifiers.ts";
import { BadToken, type Tokens } from "../platform/tokens.ts";
import { unauthorized } from "./problem.ts";

const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Whom a verified token speaks for, and until when. */
export type Caller = {
  readonly client: ClientId;
  readonly roles: readonly string[];
  readonly tokenExpiresAt: Date;
};

/** Who the bearer token speaks for; 401 for a missing, foreign, altered or expired one. */
export const authenticate = async (
  tokens: Tokens,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<Caller> => {
  const token = BEARER.exec(headers["authorization"] ?? "")?.[1];
  if (token === undefined) throw unauthorized("A bearer token is required.");
  try {
    const claims = await tokens.verify(token);
    const { roles, expiresAt } = claims;
    return { client: claims.clientId as ClientId, roles, tokenExpiresAt: expiresAt };
  } catch (error) {
    if (error instanceof BadToken) throw unauthorized("The token is not valid.");
    throw error;
  }
};
