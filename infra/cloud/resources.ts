import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { alarms } from "./alarms.ts";
import {
  chooseFunctions,
  logGroupOf,
  resourceName,
  type Services,
  servicesOf,
} from "./definitions.ts";
import type { Intrinsic } from "./environment.ts";
import { type SecretVersions, secretNames } from "./secrets.ts";
import { TASKS, type TaskParameters, taskResources } from "./tasks.ts";

export type Resources = Readonly<Record<string, object>>;

const KEPT_DAYS = 30;
const SCHEMA = join(import.meta.dirname, "..", "postgres");

/** As many as the schema has shards. */
const QUEUES = 4;
const QUEUE_NAMES = Array.from({ length: QUEUES }, (_value, shard) => `CommandQueue${shard}`);

/** The queues of all shards, for the role of the matchers. */
export const queueArns = (): readonly Intrinsic[] =>
  QUEUE_NAMES.map((name) => ({ "Fn::GetAtt": [name, "Arn"] }));

/** The resources that are alike for each service, role, shard or task. */
export const generatedResources = (
  services: Services,
  parameters: TaskParameters & { readonly alarmMail: string; readonly secrets: SecretVersions },
): Resources => {
  const { stage } = parameters;
  const deployed = [...servicesOf(chooseFunctions(services)), "migration"];
  return {
    ...secrets(parameters.secrets),
    ...queues(stage),
    ...Object.assign({}, ...deployed.map((service) => functionRole(stage, service))),
    ...Object.assign(
      {},
      ...TASKS.map(({ name }) => ({ [`${resourceName(name)}Logs`]: logGroup(stage, name) })),
    ),
    ...taskResources(parameters),
    ...alarms({ ...parameters, queues: QUEUE_NAMES }),
  };
};

/** Letters and digits only: passwords become part of URLs. */
const secrets = (versions: SecretVersions): Resources => {
  const secret = {
    Type: "AWS::SecretsManager::Secret",
    // The data cannot be read without them, so they outlive the stack like the last snapshot.
    ...{ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" },
    Properties: {
      GenerateSecretString: {
        ...{ SecretStringTemplate: "{}", GenerateStringKey: "value" },
        ...{ PasswordLength: 48, ExcludePunctuation: true, IncludeSpace: false },
      },
    },
  };
  return Object.fromEntries(secretNames(versions).map((name) => [name, secret]));
};

/** Messages are hints, so old messages are useless. */
const queues = (stage: string): Resources =>
  Object.fromEntries(
    QUEUE_NAMES.map((name, shard) => [
      name,
      {
        Type: "AWS::SQS::Queue",
        ...{ DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" },
        Properties: {
          QueueName: `brokerx-${stage}-commands-${shard}.fifo`,
          ...{ FifoQueue: true, SqsManagedSseEnabled: true, MessageRetentionPeriod: 3600 },
          ...{ DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" },
        },
      },
    ]),
  );

const logGroup = (stage: string, service: string) => ({
  Type: "AWS::Logs::LogGroup",
  ...{ DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" },
  Properties: { LogGroupName: logGroupOf(stage, service), RetentionInDays: KEPT_DAYS },
});

/** The role of a service's functions: a network interface in the VPC, and its own log group. */
const functionRole = (stage: string, service: string): Resources => {
  const name = resourceName(service);
  return {
    [`${name}Logs`]: logGroup(stage, service),
    [`${name}Role`]: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              ...{ Effect: "Allow", Action: "sts:AssumeRole" },
              Principal: { Service: "lambda.amazonaws.com" },
            },
          ],
        },
        ManagedPolicyArns: [
          {
            "Fn::Join": [
              "",
              [
                "arn:",
                { Ref: "AWS::Partition" },
                ":iam::aws:policy/service-role/AWSLambdaENIManagementAccess",
              ],
            ],
          },
        ],
        Policies: [
          {
            PolicyName: "logs",
            PolicyDocument: {
              Version: "2012-10-17",
              Statement: [
                {
                  ...{ Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"] },
                  Resource: { "Fn::GetAtt": [`${name}Logs`, "Arn"] },
                },
              ],
            },
          },
        ],
      },
    },
  };
};

/** Changes with the schema and with every migration, so that CloudFormation runs the migration then. */
export const schemaChecksum = (): string => {
  const hash = createHash("sha256");
  for (const folder of ["schema", "migrations"]) {
    const names = readdirSync(join(SCHEMA, folder), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((path) => path.endsWith(".sql")).sort())
      hash.update(name).update(readFileSync(join(SCHEMA, folder, name)));
  }
  return hash.digest("hex").slice(0, 32);
};
