import { functionEnvironment, type Intrinsic, migrationEnvironment } from "./environment.ts";
import type { SecretVersions } from "./secrets.ts";

/** A function as serverless.yml has it. */
type LocalDefinition = {
  readonly handler: string;
  readonly timeout?: number;
  readonly events?: readonly unknown[];
};
export type Services = Readonly<Record<string, Readonly<Record<string, LocalDefinition>>>>;

/** What a deployment chooses. */
export type Parameters = {
  readonly stage: string;
  /** How many copies of each function that hashes passwords may run at once. 0: not limited. */
  readonly hashingConcurrency: number;
  readonly secrets: SecretVersions;
};

/** These tasks run in the worker's process, which is one of the stack's tasks. */
const IN_WORKER = new Set(["notifier", "scheduler"]);
/** A function sends no metrics: CloudWatch counts its calls. */
const WITHOUT = new Set(["getMetrics"]);
/** They hash a password: 30 ms of a processor and 19 MiB each time. */
const HASHING = new Set(["register", "login", "resetPassword", "changePassword"]);

/** In the cloud this service has the health route and answers unknown paths, for all services. */
const ENTRANCE = "identity";

type CloudFunction = LocalDefinition & { readonly name: string; readonly service: string };

/** The functions of serverless.yml that run in Lambda, each with its service. */
export const chooseFunctions = ({ every, ...services }: Services): readonly CloudFunction[] =>
  Object.entries({ ...services, [ENTRANCE]: { ...every, ...services[ENTRANCE] } })
    .filter(([service]) => !IN_WORKER.has(service))
    .flatMap(([service, functions]) =>
      Object.entries(functions).map(([name, definition]) => ({ name, service, ...definition })),
    )
    .filter(({ name }) => !WITHOUT.has(name));

/** The services that have functions, in the order of serverless.yml. */
export const servicesOf = (functions: readonly CloudFunction[]): readonly string[] => [
  ...new Set(functions.map(({ service }) => service)),
];

/** `market-feed` → `MarketFeed`: the start of the names of a service's resources. */
export const resourceName = (service: string): string =>
  service.replaceAll(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase());

export const MIGRATION = "migrateDatabase";
export const logGroupOf = (stage: string, service: string): string =>
  `/brokerx/${stage}/${service}`;

const PRIVATE_SUBNETS: readonly Intrinsic[] = [
  { Ref: "PrivateSubnetA" },
  { Ref: "PrivateSubnetB" },
];

/** The functions as they are deployed. */
export const cloudDefinitions = (
  services: Services,
  parameters: Parameters,
): Readonly<Record<string, object>> => ({
  ...Object.fromEntries(
    chooseFunctions(services).map((chosen) => [chosen.name, define(chosen, parameters)]),
  ),
  [MIGRATION]: {
    ...common(MIGRATION, "migration", parameters.stage),
    handler: "index.handler",
    ...{ timeout: 900, memorySize: 1024 },
    environment: migrationEnvironment(parameters.secrets),
    vpc: { securityGroupIds: [{ Ref: "MigrationSecurityGroup" }], subnetIds: PRIVATE_SUBNETS },
    dependsOn: ["MigrationLogs"],
  },
});

const define = (
  { name, service, handler, events = [] }: CloudFunction,
  { stage, hashingConcurrency }: Parameters,
) => {
  const limited = HASHING.has(name) && hashingConcurrency > 0;
  return {
    ...common(name, service, stage),
    handler: `index.${handler.split(".").at(-1)}`,
    events,
    ...(HASHING.has(name) || service === "reporting" ? { memorySize: 1024 } : {}),
    ...(limited ? { reservedConcurrency: hashingConcurrency } : {}),
    environment: functionEnvironment(service),
    vpc: { securityGroupIds: [{ Ref: "FunctionSecurityGroup" }], subnetIds: PRIVATE_SUBNETS },
    // A function must not run on a schema that is older than its code.
    dependsOn: ["DatabaseMigration", `${resourceName(service)}Logs`],
  };
};

const common = (name: string, service: string, stage: string) => ({
  package: { artifact: `.cloud/functions/${name}.zip` },
  role: { "Fn::GetAtt": [`${resourceName(service)}Role`, "Arn"] },
  // One log group a service: a group for each function would be a fifth of the stack's resources.
  disableLogs: true,
  logs: { logGroup: logGroupOf(stage, service) },
});
