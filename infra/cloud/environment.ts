/** A function of CloudFormation, such as `{ Ref: "Name" }`. */
export type Intrinsic = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | Intrinsic>>;

/** The database role of each service. */
export const DATABASE_ROLES: Readonly<Record<string, string>> = {
  identity: "identity",
  orders: "orders",
  portfolios: "orders",
  reporting: "reports",
  "market-feed": "feed",
  admin: "admin",
};

/** The roles that need a password. */
export const PASSWORD_ROLES = [
  "identity",
  "orders",
  "matcher",
  "feed",
  "notifier",
  "admin",
  "scheduler",
  "reports",
] as const;

/** The name of the secret that holds a role's password. */
export const passwordSecret = (role: string): string =>
  `${role.replace(/^./, (first) => first.toUpperCase())}Password`;

/** A generated secret, read by CloudFormation when it deploys; the template never contains it. */
const secretValue = (resource: string): string =>
  `{{resolve:secretsmanager:\${${resource}}:SecretString:value}}`;

/** Verified TLS: the certificate must be for this host, of an authority of NODE_EXTRA_CA_CERTS. */
const databaseUrl = (role: string, secret: string): Intrinsic => ({
  "Fn::Sub": `postgres://brokerx_${role}:${secretValue(secret)}@\${Database.Endpoint.Address}:\${Database.Endpoint.Port}/brokerx?sslmode=verify-full`,
});

const PUBLIC_URL: Intrinsic = {
  "Fn::Join": ["", ["https://", { "Fn::GetAtt": ["PageDistribution", "DomainName"] }]],
};

const SHARED: Environment = {
  JWT_KEYS: { "Fn::Sub": `cloud-1=${secretValue("JwtSecret")}` },
  MAIL_SECRET: { "Fn::Sub": secretValue("MailSecret") },
  PUBLIC_URL,
};

/** The authorities of RDS, among others, in Lambda's Node.js. */
const LAMBDA_ROOTS: Environment = { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" };

/** Of every function of a service. */
export const functionEnvironment = (service: string): Environment => {
  const role = DATABASE_ROLES[service];
  if (role === undefined) throw new Error(`The service ${service} has no database role.`);
  return {
    BROKERX_INSTANCE: service,
    DATABASE_URL: databaseUrl(role, passwordSecret(role)),
    // A copy of a function handles one request at a time.
    DATABASE_POOL_SIZE: "1",
    PROCESS_FREEZES: "true",
    EDGE_SECRET: { "Fn::Sub": secretValue("EdgeSecret") },
    ...SHARED,
    ...LAMBDA_ROOTS,
  };
};

/** Of the function that prepares the database, as its owner. */
export const migrationEnvironment = (): Environment => {
  const passwords = PASSWORD_ROLES.map(
    (role) => `"${role}":"${secretValue(passwordSecret(role))}"`,
  );
  return {
    DATABASE_URL: databaseUrl("owner", "OwnerPassword"),
    ROLE_PASSWORDS: { "Fn::Sub": `{${passwords.join(",")}}` },
    MAIL_SECRET: { "Fn::Sub": secretValue("MailSecret") },
    PUBLIC_URL,
    ...LAMBDA_ROOTS,
  };
};

/** Of a task: the image brings the authorities of RDS. */
export const taskEnvironment = (
  instance: string,
  role: string,
  own: Environment = {},
): Environment => ({
  BROKERX_INSTANCE: instance,
  DATABASE_URL: databaseUrl(role, passwordSecret(role)),
  AWS_REGION: { Ref: "AWS::Region" },
  NODE_EXTRA_CA_CERTS: "/app/rds-ca.pem",
  ...SHARED,
  ...own,
});

/** Of the worker's task, which has two roles. */
export const workerEnvironment = (mailSecretName: string, mailFrom: string): Environment =>
  taskEnvironment("worker", "scheduler", {
    NOTIFIER_DATABASE_URL: databaseUrl("notifier", passwordSecret("notifier")),
    SMTP_URL: `{{resolve:secretsmanager:${mailSecretName}:SecretString:url}}`,
    MAIL_FROM: mailFrom,
  });
