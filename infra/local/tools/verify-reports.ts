import { systemClock } from "../../../layers/platform/clock.ts";
import { openDatabase } from "../../../layers/store/pg/database.ts";
import { verifyReports } from "../../reporting/verify/verify-reports.ts";
import { readEnvironment, stateFolder } from "../launcher/state.ts";

// `npm run verify:reports`: computes the reports of every client a second time with separate code,
// for the system in this folder or for DATABASE_URL, and prints the differences. Exits with 1 after
// a difference and with 2 when the check cannot run.

/** One statement reads the whole journal of a client. No person waits for its answer. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000;
/** While this process reads a large answer, it opens a connection only slowly. */
const CONNECT_TIMEOUT_MS = 10_000;

const databaseUrl = async (): Promise<string> => {
  if (process.env["DATABASE_URL"] !== undefined) return process.env["DATABASE_URL"];
  const environment = await readEnvironment(stateFolder(process.env));
  const url = environment?.["DATABASE_URL_REPORTS"];
  if (url === undefined)
    throw new Error(
      "BrokerX was never started here. Start it first (npm start), or set DATABASE_URL.",
    );
  return url;
};

const main = async (): Promise<number> => {
  const database = openDatabase({
    ...{ url: await databaseUrl(), poolSize: 1, applicationName: "verify:reports" },
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    const { clients, reports, differences } = await verifyReports(database, systemClock);
    for (const difference of differences) console.error(difference);
    const checked = `${reports} reports of ${clients} clients`;
    if (differences.length === 0) console.log(`${checked} agree with the journal.`);
    else console.error(`${differences.length} differences in ${checked}.`);
    return differences.length === 0 ? 0 : 1;
  } finally {
    await database.end();
  }
};

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
