import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { hmacKeyRing } from "../../layers/platform/credentials/key-ring.ts";
import { createTokens } from "../../layers/platform/credentials/tokens.ts";
import { lambdaHost } from "./artifacts.ts";
import { httpApi } from "./http-api.ts";
import type { Lambda } from "./runtime-api.ts";
import { startSurroundings } from "./surroundings.ts";
import type { Template } from "./template.ts";

/** The stack of the packaged template, on this computer. */
export const startStack = async ({
  folder,
  template,
  client,
}: {
  readonly folder: string;
  readonly template: Template;
  readonly client: string;
}) => {
  const surroundings = await startSurroundings(folder);
  await mkdir(join(folder, "lambda"));
  const host = await lambdaHost({
    ...{ template, world: surroundings.world, folder: join(folder, "lambda"), client },
    files: { "/var/runtime/ca-cert.pem": surroundings.authority },
  });
  const started = new Map<string, Promise<Lambda>>();
  const lambdaOf = (resource: string): Promise<Lambda> => {
    const lambda = started.get(resource) ?? host.start(resource);
    started.set(resource, lambda);
    return lambda;
  };
  after(async () => {
    for (const lambda of await Promise.allSettled(started.values()))
      if (lambda.status === "fulfilled") await lambda.value.stop();
  });
  const tokens = createTokens({
    keys: hmacKeyRing([
      { kid: "cloud-1", secret: surroundings.world.secret("JwtSecret", "value") },
    ]),
    ...{ ttlSeconds: 3_600, clock: systemClock },
  });
  return {
    ...{ folder, template, host, lambdaOf, ...surroundings },
    call: httpApi(template, lambdaOf),
    /** A token of a client whose session has the client's own id. */
    tokenOf: (clientId: ClientId, roles: readonly string[] = []): Promise<string> =>
      tokens.sign({ clientId, roles, tokenId: "test", sessionId: clientId, authTime: new Date() }),
    migrate: (requestType: "Create" | "Update") => migrate(lambdaOf, requestType),
  };
};

export type Stack = Awaited<ReturnType<typeof startStack>>;

/** Calls the custom resource as CloudFormation does, and returns what it was told. */
const migrate = async (
  lambdaOf: (resource: string) => Promise<Lambda>,
  RequestType: "Create" | "Update",
): Promise<Record<string, unknown>> => {
  let told = "";
  const server = createServer(async (request, response) => {
    told = await text(request);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const lambda = await lambdaOf("MigrateDatabaseLambdaFunction");
    await lambda.invoke({
      ...{ RequestType, ResponseURL: `http://127.0.0.1:${port}/`, StackId: "stack" },
      ...{ RequestId: "request", LogicalResourceId: "DatabaseMigration" },
      ResourceProperties: { Administrator: "operator@example.org" },
    });
    return JSON.parse(told) as Record<string, unknown>;
  } finally {
    server.close();
  }
};
