import { randomUUID } from "node:crypto";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { systemClock } from "../../../layers/platform/clock.ts";
import { loadKeyRing } from "../../../layers/platform/config.ts";
import { createTokens } from "../../../layers/platform/credentials/tokens.ts";
import { Unavailable } from "../../../layers/platform/unavailable.ts";
import { openDatabase, sql } from "../../../layers/store/pg/database.ts";
import { DEMO_ADMIN, DEMO_CLIENTS } from "../../postgres/demo.ts";
import { readEnvironment, stateFolder } from "../launcher/state.ts";

const TTL_SECONDS = 3_600;

/**
 * Returns a token for a demo account, valid for an hour, of a session that begins now. With an `authTime` it also
 * proves a second factor. Throws a message when there is no such account, or when BrokerX does not run.
 */
export const tokenFor = async (email: string | undefined, authTime?: Date): Promise<string> => {
  const accounts = [...DEMO_CLIENTS, DEMO_ADMIN];
  const known = accounts.map((account) => account.email).join(", ");
  if (email === undefined)
    throw new Error(`The account is missing: npm run token -- <email>. There are ${known}.`);
  const account = accounts.find((candidate) => candidate.email === email.toLowerCase());
  if (account === undefined)
    throw new Error(`There is no demo account ${email}. There are ${known}.`);
  // In a container there is no folder; the environment has the keys.
  const environment = (await readEnvironment(stateFolder(process.env))) ?? process.env;
  const url = environment["DATABASE_URL_IDENTITY"] ?? environment["DATABASE_URL"];
  if (url === undefined) throw new Error("BrokerX was never started here. Start it: npm start");
  const { sign } = createTokens({
    ...{ keys: loadKeyRing(environment), ttlSeconds: TTL_SECONDS, clock: systemClock },
  });
  const { clientId } = account;
  const { sessionId, roles } = await openSession(url, clientId, email);
  const token = { clientId, roles, sessionId, tokenId: randomUUID() };
  return sign(authTime === undefined ? token : { ...token, authTime });
};

type Session = { readonly sessionId: string; readonly roles: readonly string[] };

/** Opens a session and returns it with the roles that the client has now. */
const openSession = async (url: string, clientId: ClientId, email: string): Promise<Session> => {
  const database = openDatabase({ url, poolSize: 1, applicationName: "token" });
  const sessionId = randomUUID();
  try {
    const { rows } = await database.query<{ readonly roles: readonly string[] }>(sql`
      with opened as (
        insert into identity.session (session_id, client_id, user_agent, expires_at)
        select ${sessionId}, client_id, 'npm run token',
          now() + make_interval(secs => ${TTL_SECONDS})
        from identity.client
        where client_id = ${clientId} and status = 'active'
        returning client_id
      )
      select roles from opened join identity.client using (client_id)`);
    const [row] = rows;
    if (row === undefined) throw new Error(`The account ${email} is not active.`);
    return { sessionId, roles: row.roles };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Error("BrokerX does not run. Start it: npm start", { cause: error });
  } finally {
    await database.end();
  }
};
