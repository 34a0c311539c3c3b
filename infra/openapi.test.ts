import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { parseBody } from "../layers/http/json.ts";
import { OPENAPI_FILE, readContracts, writeApiText } from "./openapi.ts";

const ROOT = join(import.meta.dirname, "..");

type Services = Record<
  string,
  Record<string, { readonly events?: readonly { readonly httpApi?: string }[] }>
>;

const routesOfServerless = async (): Promise<readonly string[]> => {
  const text = await readFile(join(ROOT, "serverless.yml"), "utf8");
  const { custom } = parse(text) as { readonly custom: { readonly services: Services } };
  return Object.values(custom.services)
    .flatMap((service) => Object.values(service))
    .flatMap(({ events = [] }) => events.map(({ httpApi }) => httpApi ?? "*"))
    .filter((route) => route !== "*")
    .sort();
};

test("docs/openapi.json says what the contracts say (else: npm run openapi)", async () => {
  assert.equal(await readFile(OPENAPI_FILE, "utf8"), await writeApiText());
});

test("every contract has its route in serverless.yml, and every route its contract", async () => {
  const promised = (await readContracts()).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(promised.sort(), await routesOfServerless());
});

test("no two routes share an operation id", async () => {
  const ids = (await readContracts()).map(({ operationId }) => operationId);
  assert.deepEqual(ids.toSorted(), [...new Set(ids)].sort());
});

test("the document passes an OpenAPI linter", () => {
  const linter = join(ROOT, "node_modules", ".bin", "redocly");
  const { status, stdout, stderr } = spawnSync(linter, ["lint", OPENAPI_FILE], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
};
type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown; schema: Schema }>>;
  };
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, { readonly name?: string }>>;
  };
};

const readDocument = async (): Promise<Document> =>
  JSON.parse(await readFile(OPENAPI_FILE, "utf8")) as Document;

/** The body that the API page fills in for a schema: examples, first choices, or plain words. */
const filledIn = ({ components }: Document, schema: Schema): unknown => {
  const fill = (part: Schema): unknown => {
    if (part.$ref !== undefined) {
      const named = components.schemas[part.$ref.split("/").at(-1) ?? ""];
      assert.ok(named !== undefined, part.$ref);
      return fill(named);
    }
    if (part.examples !== undefined) return part.examples[0];
    if (part.const !== undefined) return part.const;
    if (part.enum !== undefined) return part.enum[0];
    const [choice] = part.oneOf ?? part.anyOf ?? [];
    if (choice !== undefined) return fill(choice);
    if (part.type === "object")
      return Object.fromEntries(
        Object.entries(part.properties ?? {}).map(([name, property]) => [name, fill(property)]),
      );
    if (part.items !== undefined) return [fill(part.items)];
    if (part.type === "string") return "string";
    return part.type === "boolean" ? true : (part.minimum ?? 0);
  };
  return fill(schema);
};

test("the body that the API page fills in is accepted, on every route", async () => {
  const document = await readDocument();
  let bodies = 0;
  for (const { operationId, method, path, body } of await readContracts()) {
    const content = document.paths[path]?.[method.toLowerCase()]?.requestBody?.content;
    const shown = content?.["application/json"];
    if (body === undefined || shown === undefined) continue;
    bodies += 1;
    const text = JSON.stringify(shown.example ?? filledIn(document, shown.schema));
    assert.ok(text.startsWith("{"), `${operationId} ${text}`);
    const read = body.safeParse(parseBody(text));
    assert.deepEqual(read.error?.issues ?? [], [], `${operationId} ${text}`);
  }
  assert.ok(bodies > 30);
});

test("the document has the server's limits, problems and keys", async () => {
  const { paths, components } = await readDocument();
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const limits = operations.flatMap(({ parameters = [] }) =>
    parameters.filter(({ name }) => name === "limit"),
  );
  assert.ok(limits.length > 6);
  for (const { schema } of limits)
    assert.deepEqual([schema.minimum, schema.maximum, schema.default], [1, 500, 50]);
  const { Problem, GatewayRefusal, CancelRequest, Book } = components.schemas;
  for (const name of ["check", "limit", "value", "order", "more_errors"])
    assert.ok(Problem?.properties?.[name] !== undefined, name);
  assert.ok((Problem?.properties?.["code"]?.enum?.length ?? 0) > 50);
  assert.deepEqual(Object.keys(GatewayRefusal?.properties ?? {}), ["message", "request_id"]);
  assert.deepEqual(CancelRequest?.required, ["client_version"]);
  assert.equal(components.securitySchemes["apiKey"]?.name, "apikey");
  assert.doesNotMatch(JSON.stringify(Book), /"items":false/);
});
