import { resourceName } from "./definitions.ts";
import { type Environment, taskEnvironment, workerEnvironment } from "./environment.ts";

export type TaskParameters = {
  readonly stage: string;
  readonly image: string;
  readonly mailSecret: string;
  readonly mailFrom: string;
};

type Task = {
  /** The name of the service, and of the log group. */
  readonly name: string;
  /** The bundle of the image that it runs. */
  readonly bundle: string;
  readonly role: string;
  readonly cpu: number;
  readonly memory: number;
  /** The port of `/health`; undefined for a process without one. */
  readonly port?: number;
  readonly environment: (parameters: TaskParameters) => Environment;
};

/** The namespace of the stack's own metrics. */
export const metricsNamespace = (stage: string): string => `brokerx-${stage}`;

const matcher = (name: string): Task => ({
  ...{ name, bundle: "matcher", role: "MatcherRole", cpu: 1024, memory: 2048, port: 3106 },
  environment: ({ stage }) =>
    taskEnvironment(name, "matcher", {
      SQS_QUEUE_URL: { Ref: "CommandQueue0" },
      METRICS_NAMESPACE: metricsNamespace(stage),
    }),
});

/**
 * The long-running processes. The matchers share the shards, and each name may exist only once at a
 * time; the feed and the worker may run several times.
 */
export const TASKS: readonly Task[] = [
  matcher("matcher-a"),
  matcher("matcher-b"),
  {
    ...{ name: "feed", bundle: "feed", role: "FeedRole", cpu: 512, memory: 1024, port: 3105 },
    environment: ({ stage }) =>
      taskEnvironment("feed", "feed", {
        FEED_CONNECTIONS_URL: {
          "Fn::Join": [
            "",
            [
              ...["https://", { Ref: "WebsocketsApi" }, ".execute-api.", { Ref: "AWS::Region" }],
              ...[".", { Ref: "AWS::URLSuffix" }, `/${stage}`],
            ],
          ],
        },
      }),
  },
  {
    ...{ name: "worker", bundle: "worker", role: "WorkerRole", cpu: 256, memory: 512 },
    environment: ({ mailSecret, mailFrom }) => workerEnvironment(mailSecret, mailFrom),
  },
];

/** A task definition and a service for each task. */
export const taskResources = (parameters: TaskParameters): Readonly<Record<string, object>> =>
  Object.fromEntries(
    TASKS.flatMap((task) => {
      const name = resourceName(task.name);
      return [
        [`${name}Task`, taskDefinition(task, parameters)],
        [`${name}Service`, service(task)],
      ];
    }),
  );

const taskDefinition = (task: Task, parameters: TaskParameters) => ({
  Type: "AWS::ECS::TaskDefinition",
  Properties: {
    Family: `brokerx-${parameters.stage}-${task.name}`,
    RequiresCompatibilities: ["FARGATE"],
    RuntimePlatform: { CpuArchitecture: "ARM64", OperatingSystemFamily: "LINUX" },
    NetworkMode: "awsvpc",
    Cpu: String(task.cpu),
    Memory: String(task.memory),
    ExecutionRoleArn: { "Fn::GetAtt": ["TaskExecutionRole", "Arn"] },
    TaskRoleArn: { "Fn::GetAtt": [task.role, "Arn"] },
    ContainerDefinitions: [
      {
        Name: task.name,
        Image: parameters.image,
        Command: ["node", `/app/${task.bundle}.mjs`],
        Environment: Object.entries(task.environment(parameters)).map(([Name, Value]) => ({
          ...{ Name, Value },
        })),
        ...(task.port === undefined ? {} : { HealthCheck: healthCheck(task.port) }),
        ...{ Essential: true, ReadonlyRootFilesystem: true, StopTimeout: 30, User: "node" },
        LinuxParameters: { InitProcessEnabled: true },
        LogConfiguration: {
          LogDriver: "awslogs",
          Options: {
            "awslogs-group": { Ref: `${resourceName(task.name)}Logs` },
            "awslogs-region": { Ref: "AWS::Region" },
            "awslogs-stream-prefix": task.name,
          },
        },
      },
    ],
  },
});

/** A process that does not answer is replaced; a process that reports a missing dependency may recover. */
const healthCheck = (port: number) => ({
  Command: [
    ...["CMD", "node", "-e"],
    `fetch("http://127.0.0.1:${port}/health").then(()=>process.exit(0),()=>process.exit(1))`,
  ],
  ...{ Interval: 15, Timeout: 10, Retries: 4, StartPeriod: 60 },
});

const service = ({ name, bundle }: Task) => {
  const isMatcher = bundle === "matcher";
  return {
    Type: "AWS::ECS::Service",
    DependsOn: [
      "DatabaseMigration",
      "InternetRoute",
      "PublicRoutesOfSubnetA",
      "PublicRoutesOfSubnetB",
      // One matcher is replaced after the other, so that one always runs.
      ...(name === "matcher-b" ? [`${resourceName("matcher-a")}Service`] : []),
    ],
    Properties: {
      Cluster: { Ref: "Cluster" },
      ServiceName: name,
      TaskDefinition: { Ref: `${resourceName(name)}Task` },
      LaunchType: "FARGATE",
      DesiredCount: 1,
      DeploymentConfiguration: {
        // Never two matchers of one name: the old one stops before the new one starts.
        ...(isMatcher ? { MaximumPercent: 100, MinimumHealthyPercent: 0 } : {}),
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: "ENABLED",
          SecurityGroups: [{ Ref: "TaskSecurityGroup" }],
          Subnets: [{ Ref: "PublicSubnetA" }, { Ref: "PublicSubnetB" }],
        },
      },
    },
  };
};
