import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { parseKongFile } from "./kong-file.ts";
import { createRouteTable } from "./route-table.ts";

const ROOT = join(import.meta.dirname, "../..");
const text = await readFile(join(ROOT, "kong/kong.yml"), "utf8");
const file = parseKongFile(text);
const routeOf = createRouteTable(file);

/** The file with one changed text, which must occur in it. */
const changed = (from: string, to: string): string => {
  assert.ok(text.includes(from), from);
  return text.replace(from, to);
};

test("an option that is not enforced stops the gateway with a message that names it", () => {
  for (const [from, to, named] of [
    ["strip_path: false", "strip_path: false\n        hosts: [a.example]", /hosts is not enforced/],
    ["strip_path: false", "strip_path: true", /services\.0\.routes\.0\.strip_path/],
    ["key_in_query: false", "key_in_query: true", /key_in_query/],
    ["hide_credentials: true", "hide_credentials: false", /hide_credentials/],
    ["policy: local", "policy: redis", /policy/],
    ["limit_by: ip", "limit_by: ip, hour: 5", /hour is not enforced/],
    ["limit_by: ip", "limit_by: header", /limit_by/],
    ["algorithm: round-robin", "algorithm: least-connections", /algorithm/],
    ["name: correlation-id", "name: request-transformer", /plugins\.1/],
    ["#id <= 64", "#id <= 65", /plugins\.0\.config\.rewrite/],
    ["- name: key-auth", "- name: cors", /services\.0\.plugins\.0/],
    ["paths: [/cable]", "paths: [~/cable$]", /is a plain prefix/],
    ["retries: 10", "retries: 10\n    tls_verify: true", /tls_verify is not enforced/],
    ['_format_version: "3.0"', '_format_version: "2.1"', /_format_version/],
  ] as const) {
    const sentence = /^The development gateway cannot run this kong\.yml\. /;
    assert.throws(
      () => parseKongFile(changed(from, to)),
      ({ message }: Error) => sentence.test(message) && named.test(message),
      `${from} → ${to}`,
    );
  }
});

test("the longest prefix wins, and a route's plugin precedes its service's and the global plugin", () => {
  assert.equal(routeOf("/api/v1/auth/login")?.name, "auth");
  assert.equal(routeOf("/api/v1/auth/login")?.plugin("rate-limiting")?.limit_by, "ip");
  assert.equal(routeOf("/api/v1/orders/1/cancel")?.plugin("rate-limiting")?.limit_by, "consumer");
  assert.equal(
    routeOf("/api/v1")?.name,
    "web",
    "paths of no other route belong to the page's server",
  );
});

type Events = readonly { readonly httpApi?: string }[];
type Functions = Readonly<Record<string, { readonly events?: Events }>>;

test("the gateway sends every route of every service to the service that has it", async () => {
  const { custom } = parse(await readFile(join(ROOT, "serverless.yml"), "utf8")) as {
    readonly custom: { readonly services: Readonly<Record<string, Functions>> };
  };
  let seen = 0;
  for (const [service, functions] of Object.entries(custom.services)) {
    if (service === "every") continue;
    for (const { events = [] } of Object.values(functions))
      for (const { httpApi = "" } of events) {
        const path = httpApi.split(" ")[1];
        if (!path?.startsWith("/api/")) continue;
        seen += 1;
        assert.equal(routeOf(path)?.service.name, service, httpApi);
      }
  }
  assert.ok(seen >= 15, `only ${seen} routes were found`);
});

test("only the web page, the public keys and the WebSocket need no key; the WebSocket's handshake asks for a token", () => {
  const open = file.services.flatMap(({ routes }) =>
    routes
      .filter(({ paths }) => routeOf(paths[0] ?? "")?.plugin("key-auth") === undefined)
      .map(({ name }) => name),
  );
  assert.deepEqual(open, ["jwks", "cable", "web"]);
});
