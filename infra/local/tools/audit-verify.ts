import { verifyAudit } from "../../../layers/store/audit/audit-chain.ts";
import { openDatabase } from "../../../layers/store/pg/database.ts";
import { readEnvironment, stateFolder } from "../launcher/state.ts";

// `npm run audit:verify [-- <hash>]`: checks the whole audit log of the system in this folder, or
// of DATABASE_URL, and prints the first fault. Exits with 1 after a fault and with 2 when the check
// cannot run. A hash from the scheduler's log, given as an argument, must be in the chain.

const databaseUrl = async (): Promise<string> => {
  if (process.env["DATABASE_URL"] !== undefined) return process.env["DATABASE_URL"];
  const environment = await readEnvironment(stateFolder(process.env));
  const url = environment?.["DATABASE_URL_SCHEDULER"];
  if (url === undefined)
    throw new Error(
      "BrokerX was never started here. Start it first (npm start), or set DATABASE_URL.",
    );
  return url;
};

const main = async (): Promise<number> => {
  const logged = process.argv[2];
  if (logged !== undefined && !/^[0-9a-f]{64}$/.test(logged))
    throw new Error(`${logged} is not a hash. A hash is 64 digits from 0 to 9 and a to f.`);
  const database = openDatabase({
    url: await databaseUrl(),
    poolSize: 1,
    applicationName: "audit:verify",
  });
  try {
    const { fault, rows, blocks, unsealed, head } = await verifyAudit(database, logged);
    if (fault !== undefined) {
      console.error(
        `The audit is broken: ${fault}. ${rows} rows in ${blocks} blocks before it hold.`,
      );
      return 1;
    }
    console.log(
      `The audit chain is intact: ${rows} rows in ${blocks} blocks, ${unsealed} not sealed yet.`,
    );
    console.log(`Last hash: ${head}`);
    return 0;
  } finally {
    await database.end();
  }
};

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
