import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { hmacKeyRing } from "../../layers/platform/credentials/key-ring.ts";
import { createTokens } from "../../layers/platform/credentials/tokens.ts";
import { lambdaHost } from "./artifacts.ts";
import type { CleanUp } from "./clean-up.ts";
import { httpApi } from "./http-api.ts";
import type { Lambda } from "./runtime-api.ts";
import { startSurroundings } from "./surroundings.ts";
import type { Template } from "./template.ts";

/** The stack of the packaged template, on this computer. */
export const startStack = async ({
  folder,
  template,
  client,
  cleanUp,
}: {
  readonly folder: string;
  readonly template: Template;
  readonly client: string;
  readonly cleanUp: CleanUp;
}) => {
  const surroundings = await startSurroundings(folder, cleanUp);
  await mkdir(join(folder, "lambda"));
  const host = await lambdaHost({
    ...{ template, world: surroundings.world, folder: join(folder, "lambda"), client },
    files: { "/var/runtime/ca-cert.pem": surroundings.authority },
    cleanUp,
  });
  const started = new Map<string, Promise<Lambda>>();
  const lambdaOf = (resource: string): Promise<Lambda> => {
    const lambda = started.get(resource) ?? host.start(resource);
    started.set(resource, lambda);
    return lambda;
  };
  const tokens = createTokens({
    keys: hmacKeyRing([
      { kid: "cloud-1", secret: surroundings.world.secret("JwtSecret", "value") },
    ]),
    ...{ ttlSeconds: 3_600, clock: systemClock },
  });
  /** The data of the answer become the resource's attributes. */
  const keep = (told: unknown) => {
    assert.ok(JSON.stringify(told).length < ANSWER_BYTES_MAX, "CloudFormation takes no more");
    const reply = migrationAnswer.parse(told);
    surroundings.keepAttributes("DatabaseMigration", reply.Data);
    return reply;
  };
  return {
    ...{ folder, template, host, lambdaOf, cleanUp, ...surroundings },
    call: httpApi(template, lambdaOf),
    /** A token of a client whose session has the client's own id. */
    tokenOf: (clientId: ClientId, roles: readonly string[] = []): Promise<string> =>
      tokens.sign({ clientId, roles, tokenId: "test", sessionId: clientId, authTime: new Date() }),
    /** Calls the custom resource as CloudFormation does. */
    migrate: async (requestType: "Create" | "Update") =>
      keep(await migrate(await lambdaOf(MIGRATION), requestType)),
    /** The same with a new copy of the function, as when its secrets have changed. */
    migrateAnew: async () => {
      const lambda = await host.start(MIGRATION);
      return { log: lambda.log, migrated: migrate(lambda, "Update").then(keep) };
    },
  };
};

export type Stack = Awaited<ReturnType<typeof startStack>>;

const ANSWER_BYTES_MAX = 4_096;
const MIGRATION = "MigrateDatabaseLambdaFunction";
const migrationAnswer = z.object({
  Status: z.string(),
  Reason: z.string(),
  NoEcho: z.boolean().default(false),
  Data: z.record(z.string(), z.string()).default({}),
});

/** Returns the answer that CloudFormation received. */
const migrate = async (lambda: Lambda, RequestType: "Create" | "Update"): Promise<unknown> => {
  let told = "";
  const server = createServer(async (request, response) => {
    told = await text(request);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await lambda.invoke({
      ...{ RequestType, ResponseURL: `http://127.0.0.1:${port}/`, StackId: "stack" },
      ...{ RequestId: "request", LogicalResourceId: "DatabaseMigration" },
      ResourceProperties: { Administrator: "operator@example.org" },
    });
    return JSON.parse(told);
  } finally {
    server.close();
  }
};
