import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { CleanUp } from "./clean-up.ts";

// The Lambda service, as one copy of a function meets it: the runtime API that AWS's own runtime client
// asks for events and reports results.

type LambdaOptions = {
  /** The unpacked zip. */
  readonly folder: string;
  readonly handler: string;
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The Node program, and AWS's runtime client. */
  readonly node: string;
  readonly client: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly cleanUp: CleanUp;
};

export type Lambda = {
  /** Rejects with the error of the function, or when it did not start or answer. */
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** Milliseconds from the start of the process to its first request for an event. */
  readonly initMs: () => Promise<number>;
  /** Stops the process from running, as Lambda does between calls; `thaw` lets it go on. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

type Call = {
  readonly id: string;
  readonly event: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
};

const TIMEOUT_MS = 30_000;
/** Includes the start of the function on a busy computer. */
const ANSWER_MS = 120_000;
const LOG_CHARACTERS = 20_000;

/** Starts one copy of a function. */
export const startLambda = async (options: LambdaOptions): Promise<Lambda> => {
  const calls: Call[] = [];
  const running = new Map<string, Call>();
  let asking: ServerResponse | undefined;
  let asked = (): void => {};
  const firstAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const call of [...calls.splice(0), ...running.values()]) call.reject(error);
    running.clear();
  };
  const next = (): void => {
    const call = asking === undefined ? undefined : calls.shift();
    if (call === undefined || asking === undefined) return;
    running.set(call.id, call);
    asking
      .writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": call.id,
        "lambda-runtime-deadline-ms": String(Date.now() + TIMEOUT_MS),
        "lambda-runtime-invoked-function-arn": `arn:aws:lambda:us-east-1:0:function:${options.name}`,
      })
      .end(JSON.stringify(call.event));
    asking = undefined;
  };
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, , , kind, id = "", outcome] = (request.url ?? "").split("/");
    if (kind === "invocation" && id === "next") {
      asking = response;
      asked();
      next();
      return;
    }
    const body = await text(request);
    response.writeHead(202).end("{}");
    if (kind === "init") return fail(new Error(`${options.name} did not start: ${body}`));
    const call = running.get(id);
    running.delete(id);
    if (outcome === "response") call?.resolve(body === "" ? undefined : JSON.parse(body));
    else call?.reject(new Error(`${options.name} threw: ${body}`));
  };
  const server = createServer((request, response) => {
    receive(request, response).catch(fail);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const startedAt = performance.now();
  const { child, log } = startClient(options, port);
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("exit", resolve));
    server.closeAllConnections();
    server.close();
  };
  options.cleanUp.add(options.name, stop);
  options.cleanUp.addKill(() => void child.kill("SIGKILL"));
  child.once("error", fail);
  child.once("exit", (code, signal) => {
    fail(new Error(`${options.name} ended (${code ?? signal}): ${log()}`));
    asked();
  });
  const initMs = firstAsked.then(() => performance.now() - startedAt);
  return {
    invoke: (event) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        const silent = (): void => reject(new Error(`${options.name} does not answer: ${log()}`));
        const timer = setTimeout(silent, ANSWER_MS);
        const settle =
          <T>(end: (outcome: T) => void) =>
          (outcome: T): void => {
            clearTimeout(timer);
            end(outcome);
          };
        calls.push({ id: randomUUID(), event, resolve: settle(resolve), reject: settle(reject) });
        next();
      }),
    initMs: () => initMs,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    ...{ log, stop },
  };
};

/** The process: its environment is that of the template and what Lambda adds, and nothing else. */
const startClient = (
  { folder, handler, name, environment, node, client, user }: LambdaOptions,
  port: number,
): { readonly child: ChildProcess; readonly log: () => string } => {
  const child = spawn(node, [client], {
    ...user,
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...environment,
      ...{ PATH: "/usr/bin:/bin", TZ: ":UTC", LAMBDA_TASK_ROOT: folder, _HANDLER: handler },
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      ...{ AWS_REGION: "us-east-1", AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" },
      ...{ AWS_LAMBDA_FUNCTION_NAME: name, AWS_LAMBDA_FUNCTION_VERSION: "$LATEST" },
      ...{ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512", AWS_LAMBDA_LOG_GROUP_NAME: "/brokerx" },
      AWS_LAMBDA_LOG_STREAM_NAME: "test",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output = `${output}${chunk}`.slice(-LOG_CHARACTERS);
    });
  return { child, log: () => output };
};
