import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { findTool } from "../support/tools.ts";

// The real LocalStack (infra/images/localstack.txt) in place of the embedded SQS server: the
// queue's own tests, and orders that pass relay, queue, matcher and settlement.

const ROOT = join(import.meta.dirname, "../..");
/** The tests of the queue, and those of the exchange that show the whole way of an order. */
const SUITES = [
  { file: "layers/queue/sqs.test.ts", flags: [] },
  {
    file: "test/trading/matching.test.ts",
    flags: ["--test-name-pattern=/a buy that meets a sell|a large order sweeps|a cancel needs/"],
  },
];
/** The Python with LocalStack. */
const localstack = findTool(
  "localstack",
  "LOCALSTACK_PYTHON",
  ["-c", "import localstack.runtime.main"],
  "python3",
);
const skip = "missing" in localstack && localstack.missing;

const folder = await mkdtemp(join(tmpdir(), "brokerx-localstack-"));
const endpoint = `http://127.0.0.1:${await freePort()}`;
const stops: (() => void)[] = [];

before(async () => {
  if (!("path" in localstack)) return;
  let said = "";
  const child = spawn(localstack.path, ["-m", "localstack.runtime.main"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      SERVICES: "sqs",
      EAGER_SERVICE_LOADING: "1",
      SQS_ENDPOINT_STRATEGY: "path",
      GATEWAY_LISTEN: endpoint.replace("http://", ""),
      DNS_ADDRESS: "0",
      DISABLE_EVENTS: "1",
      SKIP_SSL_CERT_DOWNLOAD: "1",
      FILESYSTEM_ROOT: folder,
    },
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  stops.push(() => child.kill("SIGKILL"));
  const running = async (): Promise<boolean> => {
    const response = await fetch(`${endpoint}/_localstack/health`).catch(() => undefined);
    const { services } = ((await response?.json()) ?? {}) as { services?: { sqs?: string } };
    return services?.sqs === "running";
  };
  await until(running, "LocalStack serves SQS", 90_000).catch((error: unknown) => {
    throw new Error(`LocalStack did not start:\n${said}`, { cause: error });
  });
  // Its first answer takes seconds, longer than our client waits.
  assert.equal((await askSqs({ Action: "ListQueues" })).status, 200);
});
/** A request to SQS; LocalStack checks only the form of the signature. */
const askSqs = (parameters: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(endpoint, {
    method: "POST",
    body: new URLSearchParams({ ...parameters, Version: "2012-11-05" }),
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
    },
  });

after(async () => {
  for (const stop of stops) stop();
  await rm(folder, { recursive: true, force: true });
});

test("the installed version is the one that Compose names", { skip }, async () => {
  const compose = parse(await readFile(join(ROOT, "docker-compose.yml"), "utf8"));
  const response = await fetch(`${endpoint}/_localstack/health`);
  const { version } = (await response.json()) as { version: string };
  assert.equal(compose.services.sqs.image, `localstack/localstack:${version}`);
});

for (const { file, flags } of SUITES)
  test(`${file} passes against LocalStack`, { skip }, async () => {
    const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...flags, file], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      // A runner inside a runner would report to the outer runner.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, TEST_SQS_ENDPOINT: endpoint },
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 0, said);
    assert.match(said, /^# pass [1-9]\d*$/m, said);
  });

test("the init script makes the queue of every shard", { skip }, async () => {
  const awslocal = join(folder, "awslocal");
  await writeFile(
    awslocal,
    `#!/bin/sh\nexec "${process.execPath}" "${folder}/awslocal.mjs" "$@"\n`,
  );
  await chmod(awslocal, 0o755);
  // `awslocal sqs create-queue --queue-name N --attributes FifoQueue=true`, as in the image.
  await writeFile(
    join(folder, "awslocal.mjs"),
    `import { createRequire } from "node:module";
     import { parseArgs } from "node:util";
     const require = createRequire(${JSON.stringify(`${ROOT}/`)});
     const { SQSClient, CreateQueueCommand } = require("@aws-sdk/client-sqs");
     const { positionals, values } = parseArgs({ allowPositionals: true,
       options: { "queue-name": { type: "string" }, attributes: { type: "string" } } });
     if (positionals.join(" ") !== "sqs create-queue") throw new Error(positionals.join(" "));
     const [name, value] = values.attributes.split("=");
     const credentials = { accessKeyId: "local", secretAccessKey: "local" };
     await new SQSClient({ endpoint: ${JSON.stringify(endpoint)}, region: "us-east-1", credentials })
       .send(new CreateQueueCommand({ QueueName: values["queue-name"], Attributes: { [name]: value } }));`,
  );
  const ran = spawnSync("sh", ["infra/images/queues.sh"], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` },
  });
  assert.equal(ran.status, 0, ran.stderr);
  const schema = await readFile(join(ROOT, "infra/postgres/schema/5-trading/5-books.sql"), "utf8");
  const values = /insert into trading\.shard \(shard\) values ([^;]*);/.exec(schema)?.[1] ?? "";
  const shards = [...values.matchAll(/\d+/g)].map(([shard]) => shard);
  assert.ok(shards.length >= 1);
  for (const shard of shards) {
    const response = await askSqs({ Action: "GetQueueUrl", QueueName: `commands-${shard}.fifo` });
    assert.equal(response.status, 200, await response.text());
  }
});
