import { createPasswords, NOBODYS_HASH } from "../../layers/platform/credentials/passwords.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { type Database, type Executor, sql } from "../../layers/store/pg/database.ts";
import { createClient, fundCash, fundShares } from "../../layers/store/seeding/fund.ts";
import { listInstrument } from "../../layers/store/seeding/instrument.ts";
import {
  DEMO_ADMIN,
  DEMO_CLIENTS,
  DEMO_INSTRUMENTS,
  DEMO_PASSWORD,
  type DemoClient,
} from "./demo.ts";
import { simulatorKey } from "./simulator-key.ts";

const MAKER_ORDERS_MAX = 10_000;
/** Load scripts send the orders of all their users as one demo client. */
const FAST = { maxOrdersPerSecond: 10_000, maxOrderBurst: 20_000 };

/** Whether the account was never opened; afterwards seeding does not touch its holdings. */
const isNew = async (
  executor: Executor,
  { clientId }: Pick<DemoClient, "clientId">,
): Promise<boolean> => {
  const { rows } = await executor.query(sql`
    select client_id from identity.client where client_id = ${clientId}`);
  return rows.length === 0;
};

const open = (database: Database, client: DemoClient, passwordHash: string): Promise<void> =>
  database.transaction(async (tx) => {
    const { clientId, simulated, sharesEach: quantity } = client;
    const maxOpenOrders = simulated ? MAKER_ORDERS_MAX : 1_000;
    await createClient(tx, {
      ...{ ...client, ...FAST, passwordHash, wantsMail: !simulated, maxOpenOrders },
    });
    await fundCash(tx, clientId, client.cash);
    for (const { symbol, referencePrice } of DEMO_INSTRUMENTS)
      if (referencePrice !== undefined)
        await fundShares(tx, clientId, { symbol, quantity, price: referencePrice });
  });

/**
 * Lists the demo instruments and opens the demo accounts, with cash and shares from the house.
 * Repeating it changes nothing: an account that exists is left alone. The demo administrator has a
 * published password and belongs on a laptop only.
 */
export const seed = async (
  database: Database,
  demo: { readonly withAdmin?: boolean; readonly simulatorSecret?: string } = {},
): Promise<void> => {
  const { withAdmin = true, simulatorSecret } = demo;
  for (const instrument of DEMO_INSTRUMENTS) await listInstrument(database, instrument);
  const { hash } = createPasswords();
  for (const client of DEMO_CLIENTS)
    if (await isNew(database, client))
      await open(database, client, client.simulated ? NOBODYS_HASH : await hash(DEMO_PASSWORD));
  if (withAdmin && (await isNew(database, DEMO_ADMIN))) {
    const passwordHash = await hash(DEMO_PASSWORD);
    await createClient(database, { ...DEMO_ADMIN, passwordHash, maxOpenOrders: 0 });
  }
  if (simulatorSecret !== undefined)
    for (const client of DEMO_CLIENTS.filter(({ simulated }) => simulated))
      await storeKey(database, client, simulatorSecret);
};

/** A simulated participant has this one key, and no other way in. */
const storeKey = (
  database: Database,
  { clientId, email }: DemoClient,
  simulatorSecret: string,
): Promise<void> =>
  database.transaction(async (tx) => {
    const { keyId, secret } = simulatorKey(simulatorSecret, email);
    await tx.query(sql`delete from identity.api_key where client_id = ${clientId}`);
    await tx.query(sql`
      insert into identity.api_key (key_id, client_id, secret_hash, name, scopes)
      values (${keyId}, ${clientId}, ${hashToken(secret)}, 'simulator', '{read,trade}')`);
  });
