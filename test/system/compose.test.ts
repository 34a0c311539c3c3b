import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import { fillSecrets } from "../../infra/images/env.ts";
import { startPostgres } from "../../infra/local/postgres/postgres.ts";
import { startSqs } from "../../infra/local/queue/sqs.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { findTool } from "../support/tools.ts";

// docker-compose.yml as far as it can be tested without a Docker engine: a real Compose reads it,
// and the content of our image is built and run by the same commands, as a user without privileges
// and on a read-only disk.

const ROOT = join(import.meta.dirname, "../..");
const NOBODY = 65_534;
/** A separate loopback address, so that a service which ignores LISTEN_HOST is noticed. */
const HOST = "127.0.0.2";

const compose = findTool("docker-compose", "COMPOSE", ["version"]);
const folder = await mkdtemp(join(tmpdir(), "brokerx-compose-"));
const env = fillSecrets(await readFile(join(ROOT, ".env.example"), "utf8"));
const secrets = Object.fromEntries(
  [...env.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);
const stops: (() => unknown)[] = [];
after(async () => {
  for (const stop of stops.toReversed()) await stop();
  await rm(folder, { recursive: true, force: true });
});

type Service = {
  readonly image: string;
  readonly scale?: number;
  readonly build?: object;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly mem_limit?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly networks?: { readonly default?: { readonly ipv4_address?: string } };
};
const { services } = parse(await readFile(join(ROOT, "docker-compose.yml"), "utf8"), {
  merge: true,
}) as { readonly services: Readonly<Record<string, Service>> };
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

/** The services as Compose understands them, with these variables. */
const configOf = async (
  variables: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, Service>>> => {
  assert.ok("path" in compose);
  await writeFile(join(folder, ".env"), env);
  const args = ["-f", "docker-compose.yml", "--env-file", join(folder, ".env"), "config"];
  const environment = { PATH: process.env["PATH"], HOME: folder, ...variables };
  const options = { cwd: ROOT, encoding: "utf8", env: environment } as const;
  return parse(execFileSync(compose.path, args, options)).services;
};

test("Compose accepts the file only with the secrets that npm run env creates", {
  skip: "missing" in compose && compose.missing,
}, async () => {
  assert.ok("path" in compose);
  await writeFile(join(folder, ".env"), env);
  const read = (file: string) =>
    spawnSync(
      "path" in compose ? compose.path : "",
      ["-f", "docker-compose.yml", "--env-file", file, "--profile", "k6", "config", "--quiet"],
      { cwd: ROOT, encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder } },
    );
  const whole = read(join(folder, ".env"));
  assert.equal(whole.status, 0, whole.stderr);
  assert.equal(whole.stderr, "");
  const without = read(join(ROOT, ".env.example"));
  assert.notEqual(without.status, 0);
  assert.match(without.stderr, /npm run env writes it/);
});

test("without demo clients no simulator is started", {
  skip: "missing" in compose && compose.missing,
}, async () => {
  const scaleOf = async (demo: Readonly<Record<string, string>>) =>
    (await configOf(demo))["simulator"]?.scale ?? 1;
  assert.equal(await scaleOf({ DEMO: "0" }), 0);
  assert.equal(await scaleOf({}), 1);
});

test("services accept a caller's address only from Kong and the proxy with TLS", {
  skip: "missing" in compose && compose.missing,
}, async () => {
  const withProxy = await configOf({ TLS_PROXY: "172.30.77.1" });
  const without = await configOf({});
  const kong = services["gateway"]?.networks?.default?.ipv4_address;
  assert.ok(kong !== undefined);
  for (const [name] of ours) {
    const trusted = without[name]?.environment?.["TRUSTED_PROXIES"];
    if (trusted === undefined) continue;
    assert.equal(trusted, kong, name);
    assert.equal(withProxy[name]?.environment?.["TRUSTED_PROXIES"], `${kong},172.30.77.1`, name);
  }
  assert.equal(without["identity"]?.environment?.["TRUSTED_PROXIES"], kong);
  assert.equal(without["gateway"]?.environment?.["KONG_TRUSTED_IPS"], "127.0.0.1");
  assert.equal(withProxy["gateway"]?.environment?.["KONG_TRUSTED_IPS"], "172.30.77.1");
});

test("every image has a full version and a limit, every port is on loopback, and our images are read-only", () => {
  assert.ok(ours.length >= 12, `only ${ours.length} services of ours`);
  for (const [name, service] of Object.entries(services)) {
    assert.match(service.image, /^[\w./-]+:v?\d+\.\d+(\.\d+)?$/, name);
    assert.ok(service.mem_limit, `${name} has no memory limit`);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
  }
  for (const [name, { read_only, user }] of ours)
    assert.deepEqual([read_only, user], [true, "node"], name);
});

test("the sent mails, with their codes and links, need the password", () => {
  const { environment = {}, image = "" } = services["mail"] ?? {};
  assert.match(environment["MP_UI_AUTH"] ?? "", /^brokerx:\$\{MAILPIT_PASSWORD:\?/);
  assert.match(
    services["k6"]?.environment?.["MAIL_URL"] ?? "",
    /\/\/brokerx:\$\{MAILPIT_PASSWORD:/,
  );
  assert.ok((secrets["MAILPIT_PASSWORD"] ?? "").length >= 40);
  const [minor = 0, patch = 0] = (/:v1\.(\d+)\.(\d+)$/.exec(image) ?? []).slice(1).map(Number);
  assert.ok(minor > 33 || (minor === 33 && patch >= 1), `${image} has known holes`);
});

test("Kong's Admin API is off, and only its proxy and its status are published", () => {
  const { environment = {}, ports = [] } = services["gateway"] ?? {};
  assert.equal(environment["KONG_ADMIN_LISTEN"], "off");
  assert.deepEqual(ports.map((port) => String(port).split(":").at(-1)).sort(), ["8001", "8080"]);
});

test("Kong writes no URL to a log, because the URL of a WebSocket contains a token", () => {
  const environment = services["gateway"]?.environment ?? {};
  assert.equal(environment["KONG_PROXY_ACCESS_LOG"], "off");
  // nginx adds the request's URL to each message of the location that serves it.
  assert.match(environment["KONG_NGINX_LOCATION_ERROR_LOG"] ?? "", /^\/dev\/null /);
});

/** The application as the Dockerfile builds it, with production packages only. */
const buildImage = async (): Promise<string> => {
  const app = join(folder, "app");
  const dockerfile = await readFile(join(ROOT, "infra/images/Dockerfile"), "utf8");
  const copies = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, from = ""]) =>
    from.split(" "),
  );
  assert.ok(copies.includes("layers") && copies.includes("package.json"), String(copies));
  await mkdir(app);
  for (const path of copies) {
    await mkdir(dirname(join(app, path)), { recursive: true });
    await cp(join(ROOT, path), join(app, path), { recursive: true });
  }
  const inApp = { cwd: app, stdio: "pipe" } as const;
  execFileSync("npm", ["ci", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"], inApp);
  for (const script of ["infra/build.ts", "infra/build-web.ts"])
    execFileSync(process.execPath, [script], inApp);
  execFileSync("chmod", ["-R", "a+rX", app]);
  return app;
};

test("the content of the image runs without privileges: prepared, healthy, and orders trade", async () => {
  await chmod(folder, 0o755);
  const app = await buildImage();
  const home = join(folder, "tmp");
  await mkdir(home);
  const root = process.getuid?.() === 0;
  if (root) await chown(home, NOBODY, NOBODY);
  const [postgresPort, sqsPort] = [await freePort(), await freePort()];
  const sqs = await startSqs(sqsPort);
  stops.push(sqs.close);
  const postgres = await startPostgres({
    folder: join(folder, "postgres"),
    port: postgresPort,
    password: secrets["OWNER_PASSWORD"] ?? "",
  });
  stops.push(postgres.stop);
  const offset = 20_000 + (process.pid % 200) * 100;
  const here = (text: string): string =>
    text
      .replaceAll(/\$\{(\w+)(?::?-([^}]*)|:[^}]*)?\}/g, (_, name, otherwise) =>
        String(secrets[name] ?? otherwise ?? ""),
      )
      .replace("postgres:5432", `127.0.0.1:${postgresPort}`)
      .replace("//sqs:4566", `//127.0.0.1:${sqsPort}`)
      .replace("//mail:1025", "//127.0.0.1:1")
      .replaceAll(
        /\/\/(?:127\.0\.0\.1|orders-[ab]):(3\d{3})\b/g,
        (_, port) => `//${HOST}:${at(port)}`,
      )
      .replace(/\b0\.0\.0\.0\b/, HOST);
  const at = (port: string): number => Number(port) + offset;
  const run = (name: string, command: readonly string[], environment: Service["environment"]) => {
    const given = Object.entries(environment ?? {}).map(([key, value]) => [key, here(`${value}`)]);
    const [program = "", ...args] = command;
    assert.equal(program, "node", name);
    const child = spawn(join(app, "node_modules/node/bin/node"), args.map(here), {
      cwd: app,
      stdio: ["ignore", "pipe", "pipe"],
      ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
      env: {
        ...{ PATH: process.env["PATH"], NODE_ENV: "production", HOME: home },
        ...{ BROKERX_PORT_OFFSET: `${offset}`, MATCHER_PORT: `${at("3106")}` },
        ...{ FEED_PORT: `${at("3105")}`, WEB_PORT: `${at("3109")}` },
        REPORTING_PORT: `${at("3104")}`,
        ...Object.fromEntries(given),
      },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        said = `${said}${chunk}`.slice(-4_000);
      });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, ended, said: () => said };
  };

  const { prepare, k6: _, ...rest } = Object.fromEntries(ours);
  assert.ok(prepare);
  const prepared = run("prepare", prepare.command ?? [], prepare.environment);
  assert.equal(await prepared.ended, 0, prepared.said());

  const running = Object.entries(rest).map(([name, service]) => {
    const process = run(name, service.command ?? [], service.environment);
    stops.push(async () => {
      process.child.kill("SIGKILL");
      await process.ended;
    });
    return { name, service, process };
  });
  for (const { name, service, process } of running) {
    const check = service.healthcheck?.test.slice(1);
    if (check === undefined) continue;
    const healthy = async (): Promise<boolean> => {
      assert.equal(process.child.exitCode, null, `${name} ended:\n${process.said()}`);
      return (await run("health", check, {}).ended) === 0;
    };
    await until(healthy, `${name} is healthy:\n${process.said()}`, 120_000);
  }

  // The simulator has no health check: it works when its orders trade.
  const metrics = async (): Promise<string> =>
    (await fetch(`http://${HOST}:${at("3106")}/metrics`)).text();
  await until(
    async () => /^trades_executed_total\{symbol="AAPL"\} [1-9]/m.test(await metrics()),
    "the simulated participants trade",
    90_000,
  );
  for (const { name, process } of running)
    assert.equal(process.child.exitCode, null, `${name} ended:\n${process.said()}`);
});
