import { isUuid } from "../../../layers/domain/identifiers.ts";
import { numberActivities } from "../../../layers/store/notifications/activities.ts";
import { openDatabase } from "../../../layers/store/pg/database.ts";
import { readEnvironment, stateFolder } from "../launcher/state.ts";
import { type Step, stepsOf } from "./follow-steps.ts";
import { ownerUrl } from "./owner-url.ts";

// `npm run follow -- <order id>`: prints the traces of an order in PostgreSQL, the queue and the
// mail catcher of this laptop, step by step, for learning and for debugging.

const widthOf = (rows: readonly Readonly<Record<string, string>>[], column: string): number =>
  Math.max(column.length, ...rows.map((row) => (row[column] ?? "").length));

/** Rows as a table of plain text; the last column is not padded. */
const tableOf = (rows: readonly Readonly<Record<string, string>>[]): string => {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cellOf: (column: string) => string): string =>
    columns
      .map((column) => cellOf(column).padEnd(widthOf(rows, column)))
      .join("  ")
      .trimEnd();
  return [line((column) => column), ...rows.map((row) => line((column) => row[column] ?? ""))]
    .map((text) => `   ${text}`)
    .join("\n");
};

const show = ({ title, place, rows }: Step, index: number): string =>
  `${index + 1}. ${title}  (${place})\n${rows.length === 0 ? "   nothing" : tableOf(rows)}\n`;

const main = async (): Promise<void> => {
  const orderId = process.argv[2]?.toLowerCase();
  if (orderId === undefined)
    throw new Error("The order id is missing: npm run follow -- <order id>");
  if (!isUuid(orderId))
    throw new Error(
      `${orderId} is not an order id. An order id is a UUID, such as 01a21ebd-7f49-7e02-8a11-4a1d3f5c9b70.`,
    );
  const folder = stateFolder(process.env);
  const environment = await readEnvironment(folder);
  const service = environment?.["DATABASE_URL_ORDERS"];
  if (environment === undefined || service === undefined)
    throw new Error("BrokerX was never started here. Start it first: npm start");
  const url = await ownerUrl(folder, service);
  const database = openDatabase({ url, poolSize: 1, applicationName: "follow" });
  try {
    // Every reader of activities first numbers those that wait.
    await numberActivities(database);
    const steps = await stepsOf(orderId, {
      database,
      sqsUrl: environment["SQS_ENDPOINT"] ?? "",
      mailUrl: environment["MAIL_URL"] ?? "",
    });
    console.log(steps.map(show).join("\n"));
  } finally {
    await database.end();
  }
};

await main();
