import { configSchema } from "../../../layers/platform/config/schema.ts";
import { parseVariables } from "../../../layers/platform/config.ts";
import { createSeal } from "../../../layers/platform/credentials/seal.ts";
import { openDatabase } from "../../../layers/store/pg/database.ts";
import { createAdmin } from "../../postgres/create-admin.ts";
import { readEnvironment, stateFolder } from "../launcher/state.ts";
import { ownerUrl } from "./owner-url.ts";

// `npm run admin:create -- <email>`: creates an operator account and mails a link to choose a
// password. Only the owner of the database may do so: on a laptop with the files that `npm start`
// wrote, elsewhere with DATABASE_URL, MAIL_SECRET and PUBLIC_URL in the environment.

const MAIL = configSchema.pick({ MAIL_SECRET: true });

const main = async (): Promise<void> => {
  const email = process.argv[2];
  if (email === undefined)
    throw new Error("The e-mail address is missing: npm run admin:create -- <email>");
  const folder = stateFolder(process.env);
  const environment = await readEnvironment(folder);
  const service = environment?.["DATABASE_URL_IDENTITY"];
  const url = process.env["DATABASE_URL"] ?? (service && (await ownerUrl(folder, service)));
  const secret = process.env["MAIL_SECRET"] ?? environment?.["MAIL_SECRET"];
  const publicUrl = process.env["PUBLIC_URL"] ?? environment?.["PUBLIC_URL"];
  if (url === undefined || secret === undefined || publicUrl === undefined)
    throw new Error("BrokerX was never started here. Start it first: npm start");
  const database = openDatabase({ url, poolSize: 1, applicationName: "admin:create" });
  try {
    const seal = createSeal(...parseVariables(MAIL, { MAIL_SECRET: secret }).MAIL_SECRET);
    const clientId = await createAdmin({ database, seal, publicUrl }, email);
    console.log(`Operator ${email} has the account ${clientId}. A link was mailed.`);
  } finally {
    await database.end();
  }
};

await main();
