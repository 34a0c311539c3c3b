import { resourceName } from "./definitions.ts";
import { metricsNamespace, TASKS } from "./tasks.ts";

type Options = {
  readonly stage: string;
  readonly queues: readonly string[];
  /** Where alarms are mailed to; empty: nowhere. */
  readonly alarmMail: string;
};

type Watch = {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions?: Readonly<Record<string, unknown>>;
  readonly statistic: "Maximum" | "Minimum" | "Sum" | "SampleCount";
  readonly above?: number | undefined;
  readonly below?: number;
  /** For how many consecutive minutes the condition must hold. */
  readonly minutes: number;
  /** Whether missing data raises the alarm: then the process that sends it does not run. */
  readonly missing?: "breaching" | "notBreaching";
  readonly means: string;
};

/** The topic, and every alarm that goes to it. */
export const alarms = (options: Options): Readonly<Record<string, object>> => ({
  AlarmTopic: {
    Type: "AWS::SNS::Topic",
    Properties:
      options.alarmMail === ""
        ? {}
        : { Subscription: [{ Protocol: "email", Endpoint: options.alarmMail }] },
  },
  ...Object.fromEntries(
    Object.entries(watches(options)).map(([name, watch]) => [`${name}Alarm`, alarm(watch)]),
  ),
});

const alarm = (watch: Watch) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmDescription: watch.means,
    Namespace: watch.namespace,
    MetricName: watch.metric,
    Dimensions: Object.entries(watch.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
    Statistic: watch.statistic,
    Period: 60,
    EvaluationPeriods: watch.minutes,
    ...(watch.above === undefined
      ? { ComparisonOperator: "LessThanThreshold", Threshold: watch.below }
      : { ComparisonOperator: "GreaterThanThreshold", Threshold: watch.above }),
    TreatMissingData: watch.missing ?? "notBreaching",
    AlarmActions: [{ Ref: "AlarmTopic" }],
    OKActions: [{ Ref: "AlarmTopic" }],
  },
});

const watches = (options: Options): Readonly<Record<string, Watch>> => ({
  ...ofFunctions(),
  ...ofDatabase(),
  ...ofTasks(options),
  ...ofInvariants(options),
});

const ofFunctions = (): Readonly<Record<string, Watch>> => ({
  FunctionErrors: {
    ...{ namespace: "AWS/Lambda", metric: "Errors", statistic: "Sum", above: 0, minutes: 2 },
    means: "A Lambda function of this account and region fails or times out.",
  },
  FunctionThrottles: {
    ...{ namespace: "AWS/Lambda", metric: "Throttles", statistic: "Sum", above: 10, minutes: 3 },
    means: "Lambda refuses calls: a limit of concurrency is reached.",
  },
  ServerErrors: {
    ...{ namespace: "AWS/ApiGateway", metric: "5xx", statistic: "Sum", above: 5, minutes: 3 },
    dimensions: { ApiId: { Ref: "HttpApi" } },
    means: "Requests are answered with 5xx.",
  },
  SocketErrors: {
    ...{ namespace: "AWS/ApiGateway", metric: "IntegrationError", statistic: "Sum" },
    ...{ above: 5, minutes: 3, dimensions: { ApiId: { Ref: "WebsocketsApi" } } },
    means: "Events of sockets are answered with errors.",
  },
});

const ofDatabase = (): Readonly<Record<string, Watch>> => {
  const dimensions = { DBInstanceIdentifier: { Ref: "Database" } };
  return {
    DatabaseStorage: {
      ...{ namespace: "AWS/RDS", metric: "FreeStorageSpace", statistic: "Minimum", dimensions },
      ...{ below: 5_000_000_000, minutes: 5 },
      means: "The database has less than 5 GB left.",
    },
    DatabaseConnections: {
      ...{ namespace: "AWS/RDS", metric: "DatabaseConnections", statistic: "Maximum", dimensions },
      ...{ above: 300, minutes: 5 },
      means: "The database is running out of connections.",
    },
  };
};

const ofTasks = ({ queues }: Options): Readonly<Record<string, Watch>> => ({
  ...Object.fromEntries(
    TASKS.map(({ name }): [string, Watch] => [
      `${resourceName(name)}Runs`,
      {
        ...{ namespace: "AWS/ECS", metric: "CPUUtilization", statistic: "SampleCount", below: 1 },
        dimensions: {
          ClusterName: { Ref: "Cluster" },
          ServiceName: { "Fn::GetAtt": [`${resourceName(name)}Service`, "Name"] },
        },
        ...{ minutes: 5, missing: "breaching" },
        means: `No task of ${name} runs.`,
      },
    ]),
  ),
  ...Object.fromEntries(
    queues.map((queue): [string, Watch] => [
      `${queue}Age`,
      {
        ...{ namespace: "AWS/SQS", metric: "ApproximateAgeOfOldestMessage", statistic: "Maximum" },
        dimensions: { QueueName: { "Fn::GetAtt": [queue, "QueueName"] } },
        ...{ above: 60, minutes: 3 },
        means: "No matcher reads the queue of a shard.",
      },
    ]),
  ),
});

/** Sent by the matchers; without them nothing is checked. */
const ofInvariants = ({ stage }: Options): Readonly<Record<string, Watch>> => {
  const invariant = (metric: string, means: string): Watch => ({
    ...{ namespace: metricsNamespace(stage), metric, statistic: "Maximum", above: 0, minutes: 1 },
    means,
  });
  return {
    LedgerImbalance: invariant("ledger_imbalance", "Balances differ from the journal."),
    HoldDrift: invariant("hold_drift", "Held amounts differ from what open orders need."),
    SymbolHalted: invariant(
      "symbols_halted_by_error",
      "A command could not be applied, and its symbol is halted.",
    ),
    OutboxAge: {
      ...invariant("outbox_oldest_seconds", "Accepted orders wait to be matched."),
      ...{ above: 30, minutes: 2 },
    },
    InvariantsUnchecked: {
      ...invariant("shards_owned", "No matcher holds any shard, so nothing is matched or checked."),
      ...{ above: undefined, below: 1, minutes: 5, missing: "breaching" },
    },
  };
};
