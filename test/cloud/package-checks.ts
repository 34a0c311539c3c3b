import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { unzipSync } from "fflate";
import { z } from "zod";
import { findTool } from "../support/tools.ts";
import { ROOT, zipOf } from "./artifacts.ts";
import { ofType, type Resource, referencesIn, routesOf, type Template } from "./template.ts";

const RESOURCES_MAX = 500;
const TEMPLATE_BYTES_MAX = 1_000_000;
const ZIP_BYTES_MAX = 1_000_000;
/** Reports bring fonts, and functions that hash passwords bring argon2. */
const LARGE_ZIP_BYTES_MAX = 3_000_000;
const AARCH64 = 183;

/** Checks of the packaged template and zips that need nothing to run. */
export const checkPackage = (template: Template, folder: string): void => {
  test("the zips are small, and only those that need it contain argon2, built for arm64", async () => {
    const withArgon2 = [];
    for (const name of namesOf(template)) {
      const zip = await zipOf(name);
      const files = unzipSync(zip);
      const native = Object.keys(files).find((path) => path.endsWith(".node"));
      if (native !== undefined) {
        withArgon2.push(name);
        const header = Buffer.from(files[native] ?? []);
        assert.deepEqual(
          [header.toString("latin1", 1, 4), header.readUInt16LE(18)],
          ["ELF", AARCH64],
        );
      }
      const isLarge = native !== undefined || name.startsWith("report");
      assert.ok(
        zip.length < (isLarge ? LARGE_ZIP_BYTES_MAX : ZIP_BYTES_MAX),
        `${name} ${zip.length}`,
      );
      const bundle = Buffer.from(files["index.mjs"] ?? []).toString();
      assert.doesNotMatch(bundle, /from ?"@aws-sdk|\/client-sqs\//, `${name} has the AWS SDK`);
    }
    const hashing = ["changePassword", "login", "migrateDatabase", "register", "resetPassword"];
    assert.deepEqual(withArgon2.sort(), hashing);
  });

  test("packaging again, without a network, gives the same bytes", async () => {
    const before = await fingerprints();
    const line = [process.execPath, join(ROOT, "infra/cloud/bundle.ts")];
    const isolated = ["unshare", "--net", ...line];
    const canIsolate = spawnSync("unshare", ["--net", "true"]).status === 0;
    const [program = "", ...args] = canIsolate ? isolated : line;
    execFileSync(program, args, { cwd: ROOT, stdio: "pipe" });
    assert.deepEqual(await fingerprints(), before);
  });

  test("the template is within CloudFormation's limits", () => {
    assert.ok(Object.keys(template.Resources).length < RESOURCES_MAX);
    assert.ok(JSON.stringify(template).length < TEMPLATE_BYTES_MAX);
  });

  test("no value of the template is a secret: each one is a reference that a deployment resolves", () => {
    const secret = /PASSWORD|SECRET|KEYS|DATABASE_URL|SMTP_URL/;
    const values = environmentsOf(template).flatMap(Object.entries);
    const secrets = values.filter(([name]) => secret.test(name));
    assert.ok(secrets.length > 300, `${secrets.length} secrets`);
    for (const [name, value] of secrets)
      assert.match(JSON.stringify(value), /\{\{resolve:secretsmanager:[^}]+\}\}?/, name);
    for (const [, value] of values)
      assert.doesNotMatch(JSON.stringify(value), /:\/\/\w+:(?!\{\{resolve)[^@"]+@/);
  });

  test("roles name what they may touch: only the ids of connections and log streams are open", () => {
    const statements = ofType(template, "AWS::IAM::Role").flatMap(([name, role]) =>
      policies
        .parse(role)
        .Policies.flatMap(({ PolicyDocument }) =>
          PolicyDocument.Statement.map((statement) => ({ name, ...statement })),
        ),
    );
    assert.ok(statements.length > 0);
    for (const { name, Action, Resource } of statements) {
      assert.doesNotMatch(JSON.stringify(Action), /\*/, name);
      const resources = JSON.stringify(Resource).replaceAll("/@connections/*", "");
      assert.doesNotMatch(resources, /\*/, name);
    }
  });

  test("every function has the role, the log group and the database role of its service", () => {
    const services = new Set<string>();
    for (const [name, properties] of ofType(template, "AWS::Lambda::Function")) {
      const { LoggingConfig, Role, Environment } = functionProperties.parse(properties);
      const service = LoggingConfig.LogGroup.split("/").at(-1) ?? "";
      services.add(service);
      const start = service.replaceAll(/(^|-)(\w)/g, (_match, _dash, letter) =>
        letter.toUpperCase(),
      );
      assert.deepEqual(referencesIn(Role), [`${start}Role`], name);
      if (service === "migration") continue;
      assert.equal(Environment.Variables["BROKERX_INSTANCE"], service, name);
      assert.match(
        JSON.stringify(Environment.Variables["DATABASE_URL"]),
        DATABASE_ROLES[service] ?? /$^/,
      );
      assert.equal(Environment.Variables["DATABASE_POOL_SIZE"], "1");
    }
    assert.deepEqual([...services].sort(), [...Object.keys(DATABASE_ROLES), "migration"].sort());
  });

  test("there is a queue for each shard of the schema", async () => {
    const schema = join(ROOT, "infra/postgres/schema/5-trading/5-books.sql");
    const [, shards = ""] =
      /insert into trading\.shard \(shard\) values (.*);/.exec(await readFile(schema, "utf8")) ??
      [];
    const queues = ofType(template, "AWS::SQS::Queue").map(([, { QueueName }]) => QueueName);
    const numbers = [...shards.matchAll(/\((\d+)\)/g)].map(([, shard]) => shard);
    assert.deepEqual(
      queues,
      numbers.map((shard) => `brokerx-prod-commands-${shard}.fifo`),
    );
  });

  test("the WebSocket API's three routes are the feed's functions", () => {
    const routes = [...routesOf(template, "WebsocketsApi")].sort();
    assert.deepEqual(routes, [
      ["$connect", "FeedConnectLambdaFunction"],
      ["$default", "FeedMessageLambdaFunction"],
      ["$disconnect", "FeedDisconnectLambdaFunction"],
    ]);
  });

  test("functions and tasks wait for the migration, and a matcher's name is never used twice", () => {
    for (const [name, { Type, DependsOn = [], Properties }] of Object.entries(template.Resources)) {
      const waits = [DependsOn].flat().includes("DatabaseMigration");
      const mustWait =
        Type === "AWS::ECS::Service" ||
        (Type === "AWS::Lambda::Function" && !/^Migrate/.test(name));
      assert.equal(waits, mustWait, name);
      if (Type === "AWS::ECS::Service" && name.startsWith("Matcher"))
        assert.equal(deployment.parse(Properties).DeploymentConfiguration.MaximumPercent, 100);
    }
    const second = template.Resources["MatcherBService"]?.DependsOn;
    assert.ok(
      [second].flat().includes("MatcherAService"),
      "one matcher is replaced after the other",
    );
  });

  const lint = findTool("cfn-lint", "CFN_LINT");
  test("cfn-lint finds nothing", { skip: "missing" in lint ? lint.missing : false }, () => {
    if ("missing" in lint) return;
    // W3005: the framework adds a dependency on the role beside the reference to it.
    const args = ["--ignore-checks", "W3005", "--", join(folder, TEMPLATE_FILE)];
    const { status, stdout, stderr } = spawnSync(lint.path, args, { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
};

const TEMPLATE_FILE = "cloudformation-template-update-stack.json";

const DATABASE_ROLES: Readonly<Record<string, RegExp>> = {
  identity: /brokerx_identity:.*IdentityPassword/,
  orders: /brokerx_orders:.*OrdersPassword/,
  portfolios: /brokerx_orders:.*OrdersPassword/,
  reporting: /brokerx_reports:.*ReportsPassword/,
  "market-feed": /brokerx_feed:.*FeedPassword/,
  admin: /brokerx_admin:.*AdminPassword/,
};

const statement = z.looseObject({ Action: z.unknown(), Resource: z.unknown() });
const policies = z.looseObject({
  Policies: z
    .array(z.object({ PolicyDocument: z.looseObject({ Statement: z.array(statement) }) }))
    .default([]),
});
const functionProperties = z.looseObject({
  LoggingConfig: z.object({ LogGroup: z.string() }),
  Role: z.unknown(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
const deployment = z.looseObject({
  DeploymentConfiguration: z.looseObject({ MaximumPercent: z.number() }),
});
const containers = z.looseObject({
  ContainerDefinitions: z.array(
    z.looseObject({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
  ),
});

const namesOf = (template: Template): readonly string[] =>
  ofType(template, "AWS::Lambda::Function").map(([, { FunctionName }]) =>
    String(FunctionName).replace("brokerx-prod-", ""),
  );

/** The environment of every function and every task. */
const environmentsOf = (template: Template): readonly Readonly<Record<string, unknown>>[] => [
  ...ofType(template, "AWS::Lambda::Function").map(
    ([, properties]) => functionProperties.parse(properties).Environment.Variables,
  ),
  ...ofType(template, "AWS::ECS::TaskDefinition").flatMap(
    ([, properties]: readonly [string, Resource["Properties"]]) =>
      containers
        .parse(properties)
        .ContainerDefinitions.map(({ Environment }) =>
          Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])),
        ),
  ),
];

const fingerprints = async (): Promise<readonly string[]> => {
  const paths = await Array.fromAsync(glob(".cloud/**/*.{zip,mjs,pem}", { cwd: ROOT }));
  return Promise.all(
    paths.sort().map(async (path) => {
      const hash = createHash("sha256").update(await readFile(join(ROOT, path)));
      return `${path} ${hash.digest("hex")}`;
    }),
  );
};
