import { randomUUID } from "node:crypto";
import { systemClock } from "../../../layers/platform/clock.ts";
import { createTokens } from "../../../layers/platform/credentials/tokens.ts";
import { DEMO_ADMIN, DEMO_CLIENTS, demoSession } from "../../postgres/demo.ts";
import { readEnvironment, stateFolder } from "../launcher/state.ts";

const TTL_SECONDS = 3_600;

/**
 * Returns a token for a demo account, valid for an hour and signed with this laptop's key. With
 * `authTime` the token also proves a second factor. Throws a message when there is no such account,
 * or no key because BrokerX was never started in this folder.
 */
export const tokenFor = async (email: string | undefined, authTime?: Date): Promise<string> => {
  const accounts = [...DEMO_CLIENTS.map((one) => ({ ...one, roles: [] })), DEMO_ADMIN];
  const known = accounts.map((account) => account.email).join(", ");
  if (email === undefined)
    throw new Error(`The account is missing: npm run token -- <email>. There are ${known}.`);
  const client = accounts.find((one) => one.email === email.toLowerCase());
  if (client === undefined)
    throw new Error(`There is no demo account ${email}. There are ${known}.`);
  const environment = await readEnvironment(stateFolder(process.env));
  // In a container there is no folder; the environment has the keys.
  const keys = process.env["JWT_KEYS"] ?? environment?.["JWT_KEYS"] ?? "";
  const [kid = "", secret = ""] = keys.split(",")[0]?.split("=") ?? [];
  if (secret === "") throw new Error("BrokerX was never started here. Start it first: npm start");
  const { sign } = createTokens({
    keys: [{ kid, secret }],
    ttlSeconds: TTL_SECONDS,
    clock: systemClock,
  });
  return sign({
    clientId: client.clientId,
    roles: client.roles,
    tokenId: randomUUID(),
    sessionId: demoSession(client.clientId),
    ...(authTime && { authTime }),
  });
};
