import { handedOn, ownerPassword, passwordSecret, type SecretVersions } from "./secrets.ts";

/** A function of CloudFormation, such as `{ Ref: "Name" }`. */
export type Intrinsic = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | Intrinsic>>;

/** The custom resource that prepares the database. */
const MIGRATION_RESOURCE = "DatabaseMigration";

/** The database role of each service. */
export const DATABASE_ROLES: Readonly<Record<string, string>> = {
  identity: "identity",
  orders: "orders",
  portfolios: "orders",
  reporting: "reports",
  "market-feed": "feed",
  admin: "admin",
};

/** A secret that the migration passes on to functions and tasks. */
const secret = (name: string): Intrinsic => ({ "Fn::GetAtt": [MIGRATION_RESOURCE, name] });

/** Verified TLS: the certificate must be for this host, of an authority of NODE_EXTRA_CA_CERTS. */
const databaseUrl = (role: string, password: string): Intrinsic => ({
  "Fn::Sub": `postgres://brokerx_${role}:${password}@\${Database.Endpoint.Address}:\${Database.Endpoint.Port}/brokerx?sslmode=verify-full`,
});

const roleUrl = (role: string): Intrinsic =>
  databaseUrl(role, `\${${MIGRATION_RESOURCE}.${passwordSecret(role)}}`);

const PUBLIC_URL: Intrinsic = {
  "Fn::Join": ["", ["https://", { "Fn::GetAtt": ["PageDistribution", "DomainName"] }]],
};

const SHARED: Environment = {
  JWT_KEYS: secret("JwtKeys"),
  MAIL_SECRET: secret("MailSecret"),
  PUBLIC_URL,
};

/** The authorities of RDS, among others, in Lambda's Node.js. */
const LAMBDA_ROOTS: Environment = { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" };

/** The environment of every function of a service. */
export const functionEnvironment = (service: string): Environment => {
  const role = DATABASE_ROLES[service];
  if (role === undefined) throw new Error(`The service ${service} has no database role.`);
  return {
    BROKERX_INSTANCE: service,
    DATABASE_URL: roleUrl(role),
    // A copy of a function handles one request at a time.
    DATABASE_POOL_SIZE: "1",
    PROCESS_FREEZES: "true",
    EDGE_SECRET: secret("EdgeSecret"),
    ...SHARED,
    ...LAMBDA_ROOTS,
  };
};

/**
 * The environment of the function that prepares the database as its owner and passes the secrets
 * on.
 */
export const migrationEnvironment = (versions: SecretVersions): Environment => {
  const secrets = Object.entries(handedOn(versions));
  return {
    DATABASE_URL: databaseUrl("owner", ownerPassword(versions)),
    SECRETS: {
      "Fn::Sub": `{${secrets.map(([name, value]) => `"${name}":"${value}"`).join(",")}}`,
    },
    PUBLIC_URL,
    ...LAMBDA_ROOTS,
  };
};

/** The environment of a task; the image contains the authorities of RDS. */
export const taskEnvironment = (
  instance: string,
  role: string,
  own: Environment = {},
): Environment => ({
  BROKERX_INSTANCE: instance,
  DATABASE_URL: roleUrl(role),
  AWS_REGION: { Ref: "AWS::Region" },
  NODE_EXTRA_CA_CERTS: "/app/rds-ca.pem",
  ...SHARED,
  ...own,
});

/** The environment of the worker's task, which has two roles. */
export const workerEnvironment = (mailSecretName: string, mailFrom: string): Environment =>
  taskEnvironment("worker", "scheduler", {
    NOTIFIER_DATABASE_URL: roleUrl("notifier"),
    SMTP_URL: `{{resolve:secretsmanager:${mailSecretName}:SecretString:url}}`,
    MAIL_FROM: mailFrom,
  });
