import { type ChildProcess, spawn } from "node:child_process";
import { chmod, cp } from "node:fs/promises";
import { join } from "node:path";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { until } from "../../layers/testing/until.ts";
import { otherUser, ROOT } from "./artifacts.ts";
import type { Stack } from "./stack.ts";
import { ofType, textOf } from "./template.ts";

const definition = z.looseObject({
  ContainerDefinitions: z.tuple([
    z.looseObject({
      Name: z.string(),
      Command: z.tuple([z.literal("node"), z.string()]),
      Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
    }),
  ]),
});

export type Task = {
  readonly name: string;
  readonly log: () => string;
  /** Kills the process with SIGKILL. */
  readonly kill: () => void;
};

const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** Creates the template's queues, as CloudFormation would. */
export const createQueues = async ({ template, sqsUrl }: Stack): Promise<void> => {
  const client = new SQSClient({
    ...{ endpoint: sqsUrl, region: "us-east-1", credentials: CREDENTIALS },
  });
  for (const [, { QueueName }] of ofType(template, "AWS::SQS::Queue"))
    await client.send(
      new CreateQueueCommand({ QueueName: String(QueueName), Attributes: { FifoQueue: "true" } }),
    );
  client.destroy();
};

/**
 * Starts every task of the template: its command, on the files of the image, with its environment.
 * `socketsUrl` is where the WebSocket API's management is on this computer.
 */
export const startTasks = async (stack: Stack, socketsUrl: string): Promise<readonly Task[]> => {
  const image = join(stack.folder, "app");
  await cp(join(ROOT, ".cloud/tasks"), image, { recursive: true });
  await chmod(image, 0o555);
  const tasks = ofType(stack.template, "AWS::ECS::TaskDefinition").map(([, properties]) => {
    const [{ Name, Command, Environment }] = definition.parse(properties).ContainerDefinitions;
    const environment = Object.fromEntries(
      Environment.map((variable) => [variable.Name, textOf(variable.Value, stack.world)]),
    );
    return startTask(stack, {
      name: Name,
      program: Command[1].replace(/^\/app/, image),
      environment: { ...environment, ...onThisComputer(stack, environment, socketsUrl) },
    });
  });
  for (const { name, log } of tasks)
    await until(
      () => /books open|serves connections|worker started/.test(log()),
      name,
      30_000,
    ).catch((cause: unknown) => {
      throw new Error(`${name}: ${log()}`, { cause });
    });
  return tasks;
};

/** What AWS gives a task, and the ports, which containers do not share. */
const onThisComputer = (
  stack: Stack,
  environment: Readonly<Record<string, string>>,
  socketsUrl: string,
): Readonly<Record<string, string>> => ({
  ...{ MATCHER_PORT: "0", FEED_PORT: "0", PATH: "/usr/bin:/bin" },
  NODE_EXTRA_CA_CERTS: stack.authority,
  AWS_ENDPOINT_URL_SQS: stack.sqsUrl,
  ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
  ...(environment["FEED_CONNECTIONS_URL"] ===
  "https://sockets.execute-api.us-east-1.amazonaws.com/prod"
    ? { FEED_CONNECTIONS_URL: socketsUrl }
    : {}),
});

const startTask = (
  stack: Stack,
  options: {
    readonly name: string;
    readonly program: string;
    readonly environment: Readonly<Record<string, string>>;
  },
): Task => {
  const { name, program, environment } = options;
  const child: ChildProcess = spawn(join(stack.folder, "lambda", "node"), [program], {
    ...otherUser(),
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
    env: environment,
  });
  const kill = (): void => void child.kill("SIGKILL");
  stack.cleanUp.add(name, kill);
  stack.cleanUp.addKill(kill);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  return { name, log: () => output, kill };
};
