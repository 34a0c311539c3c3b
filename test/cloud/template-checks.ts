import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { findTool } from "../support/tools.ts";
import { ROOT } from "./artifacts.ts";
import { ofType, type Resource, referencesIn, routesOf, type Template } from "./template.ts";

const RESOURCES_MAX = 500;
const TEMPLATE_BYTES_MAX = 1_000_000;
const SECRET_REFERENCES_MAX = 60;

/** Checks of the packaged template in a folder. */
export const checkTemplate = (template: Template, folder: string): void => {
  test("the template is within CloudFormation's limits", () => {
    assert.ok(Object.keys(template.Resources).length < RESOURCES_MAX);
    const text = JSON.stringify(template);
    assert.ok(text.length < TEMPLATE_BYTES_MAX);
    const references = text.split("{{resolve:").length - 1;
    assert.ok(references > 0 && references <= SECRET_REFERENCES_MAX, `${references} references`);
  });

  test("no value of the template is a secret: a deployment resolves it or the migration hands it on", () => {
    const secret = /PASSWORD|SECRET|KEYS|DATABASE_URL|SMTP_URL/;
    const values = environmentsOf(template).flatMap(Object.entries);
    const secrets = values.filter(([name]) => secret.test(name));
    assert.ok(secrets.length > 300, `${secrets.length} secrets`);
    for (const [name, value] of secrets) assert.match(JSON.stringify(value), DEPLOYED_SECRET, name);
    for (const [, value] of values)
      assert.doesNotMatch(JSON.stringify(value), /:\/\/\w+:(?!\{\{resolve|\$\{Dat)[^@"]+@/);
  });

  test("the stack makes both secrets of a list of mail keys, and hands them on newest first", () => {
    const secrets = ofType(template, "AWS::SecretsManager::Secret").map(([name]) => name);
    const ofMails = secrets.filter((name) => name.startsWith("MailSecret"));
    assert.deepEqual(ofMails.sort(), ["MailSecret", "MailSecret2"]);
    const handedOn = environmentsOf(template).map(({ SECRETS }) => JSON.stringify(SECRETS ?? ""));
    const list = /MailSecret[^:]*:[^,]*\$\{MailSecret2\}[^,]*,[^,]*\$\{MailSecret\}/;
    assert.ok(handedOn.some((text) => list.test(text)));
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

  test("login and sign-up are limited more than the rest, on the paths that Kong limits by address", async () => {
    const { Properties, DependsOn } = template.Resources["HttpApiStage"] ?? {};
    const { DefaultRouteSettings: rest, RouteSettings } = throttled.parse(Properties);
    const kong = await readFile(join(ROOT, "kong/kong.yml"), "utf8");
    const paths = limitedByAddress.parse(parse(kong)).services.flat();
    const routes = new Map(
      ofType(template, "AWS::ApiGatewayV2::Route").map(([name, { RouteKey }]) => [RouteKey, name]),
    );
    const expected = [...routesOf(template, "HttpApi").keys()].filter((key) =>
      paths.some((path) => key.split(" ")[1]?.startsWith(path)),
    );
    assert.ok(expected.includes("POST /api/v1/auth/login"));
    assert.ok(expected.includes("POST /api/v1/clients/register"));
    assert.deepEqual(Object.keys(RouteSettings).sort(), expected.sort());
    for (const [key, strict] of Object.entries(RouteSettings)) {
      assert.ok(strict.ThrottlingRateLimit < rest.ThrottlingRateLimit, key);
      assert.ok(strict.ThrottlingBurstLimit < rest.ThrottlingBurstLimit, key);
      assert.ok([DependsOn].flat().includes(routes.get(key)), `the stage waits for ${key}`);
    }
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

const DEPLOYED_SECRET =
  /\{\{resolve:secretsmanager:[^}]+\}\}?|\$\{DatabaseMigration\.\w+\}|"Fn::GetAtt":\["DatabaseMigration"/;

const TEMPLATE_FILE = "cloudformation-template-update-stack.json";

const DATABASE_ROLES: Readonly<Record<string, RegExp>> = {
  identity: /brokerx_identity:\$\{DatabaseMigration\.IdentityPassword\}@/,
  orders: /brokerx_orders:\$\{DatabaseMigration\.OrdersPassword\}@/,
  portfolios: /brokerx_orders:\$\{DatabaseMigration\.OrdersPassword\}@/,
  reporting: /brokerx_reports:\$\{DatabaseMigration\.ReportsPassword\}@/,
  "market-feed": /brokerx_feed:\$\{DatabaseMigration\.FeedPassword\}@/,
  admin: /brokerx_admin:\$\{DatabaseMigration\.AdminPassword\}@/,
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
const limits = z.object({ ThrottlingRateLimit: z.number(), ThrottlingBurstLimit: z.number() });
const throttled = z.looseObject({
  DefaultRouteSettings: limits,
  RouteSettings: z.record(z.string(), limits),
});
/** The paths of kong.yml's routes with a limit by address. */
const limitedByAddress = z.looseObject({
  services: z.array(
    z
      .looseObject({
        routes: z.array(
          z.looseObject({
            paths: z.array(z.string()),
            plugins: z
              .array(z.looseObject({ config: z.looseObject({ limit_by: z.unknown() }) }))
              .default([]),
          }),
        ),
      })
      .transform(({ routes }) =>
        routes
          .filter(({ plugins }) => plugins.some(({ config }) => config.limit_by === "ip"))
          .flatMap(({ paths }) => paths),
      ),
  ),
});
const containers = z.looseObject({
  ContainerDefinitions: z.array(
    z.looseObject({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
  ),
});

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
