import { prepareDatabase } from "../local/postgres/prepare-database.ts";
import { ROLES } from "../postgres/roles.ts";

// Runs once before the services of Compose: database, migrations, role passwords and, with DEMO=1,
// demo clients. To create an administrator: npm run admin:create -- <email>

const env = process.env;

const required = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: npm run env`);
  return value;
};

const server = required("DATABASE_SERVER");
await prepareDatabase(
  (database) => `postgres://brokerx_owner:${required("OWNER_PASSWORD")}@${server}/${database}`,
  Object.fromEntries(ROLES.map((role) => [role, required(`${role.toUpperCase()}_PASSWORD`)])),
  env["DEMO"] === "1"
    ? { withAdmin: false, simulatorSecret: required("SIMULATOR_SECRET") }
    : undefined,
);
console.log("The database is ready.");
