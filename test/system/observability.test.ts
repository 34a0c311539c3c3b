import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { parse } from "yaml";
import { laptopConfig } from "../../infra/prometheus/laptop.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { findPlace, launch, runProgram } from "../support/launcher.ts";
import { findTool } from "../support/tools.ts";

// A real Prometheus scrapes a whole system under the load of a real k6: every target is up, and
// every expression of every panel and alert has data.

const ROOT = join(import.meta.dirname, "../..");
const prometheus = findTool("prometheus", "PROMETHEUS");
const promtool = findTool("promtool", "PROMTOOL");
const k6 = findTool("k6", "K6", ["version"]);
const noPrometheus = "missing" in prometheus && prometheus.missing;
const noK6 = "missing" in k6 && k6.missing;

const place = await findPlace();
const folder = await mkdtemp(join(tmpdir(), "brokerx-prometheus-"));
const port = await freePort();
const system = launch(place.env, ["--quiet-market"]);
const stops: (() => void)[] = [];

before(async () => {
  await system.says(/BrokerX is ready in/, 90_000);
  if ("path" in prometheus) await startPrometheus(prometheus.path);
});
after(async () => {
  for (const stop of stops) stop();
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(place.home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

const startPrometheus = async (program: string): Promise<void> => {
  const config = join(folder, "prometheus.yml");
  await writeFile(config, await laptopConfig(place.ports, "1s"));
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  stops.push(() => child.kill("SIGKILL"));
  const ready = () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready, "Prometheus is ready", 60_000);
};

type Sample = { readonly metric: object; readonly value: readonly [number, string] };

const query = async (expression: string): Promise<readonly Sample[]> => {
  const address = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const response = (await (await fetch(address)).json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: { readonly result: readonly Sample[] };
  };
  assert.equal(response.status, "success", `${expression}: ${response.error}`);
  return response.data.result.filter(({ value }) => Number.isFinite(Number(value[1])));
};

/** Waits until each expression has a number; names those without data. */
const demandData = async (expressions: ReadonlyMap<string, string>): Promise<void> => {
  const silent = new Map(expressions);
  const look = async (): Promise<boolean> => {
    for (const [name, expression] of silent)
      if ((await query(expression)).length > 0) silent.delete(name);
    return silent.size === 0;
  };
  await until(look, "data", 60_000).catch(() => {});
  assert.deepEqual([...silent], [], "these expressions have no data");
};

const runK6 = (program: string, script: string, more: Readonly<Record<string, string>>): string => {
  const variables = { VUS: "3", DURATION: "4s", PAUSE_SECONDS: "0.1", P95_MS: "2000", ...more };
  const given = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const ran = spawnSync(
    process.execPath,
    ["infra/k6/run.ts", script, "--quiet", "--no-color", ...given],
    { cwd: ROOT, env: { ...place.env, K6: program }, encoding: "utf8", timeout: 120_000 },
  );
  assert.equal(ran.status, 0, `${script}\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
};

for (const [script, more] of [
  ["direct_microservices_smoke", {}],
  ["gateway_smoke", {}],
  ["cable_connect", { WS_HOLD_MS: "1000" }],
  ["throughput", { RATES: "5,10", STEP_SECONDS: "2" }],
  ["spike", { CALM_RATE: "3", CROWD_RATE: "20", STEP_SECONDS: "2" }],
  ["soak", {}],
] as const)
  test(`k6 ${script} logs in by itself and meets its thresholds`, { skip: noK6 }, () => {
    assert.ok("path" in k6);
    const said = runK6(k6.path, script, more);
    assert.match(said, script === "throughput" ? /knee:/ : /checks_succeeded\.*: 100\.00%/, said);
  });

test("k6 uses a token that it is given", { skip: noK6 }, () => {
  assert.ok("path" in k6);
  const token = runProgram(place.env, ["token", "demo@brokerx.local"]).stdout.trim();
  runK6(k6.path, "gateway_smoke", { TOKEN: token, DURATION: "1s", MAIL_URL: "http://127.0.0.1:1" });
});

test("without k6 and Docker the command says what is missing", () => {
  const ran = spawnSync(process.execPath, ["infra/k6/run.ts", "soak"], {
    cwd: ROOT,
    env: { ...process.env, K6: "/nowhere/k6", PATH: "/nowhere" },
    encoding: "utf8",
  });
  assert.equal(ran.status, 1);
  assert.match(ran.stderr, /^There is no k6 on this machine/);
});

test("promtool accepts the configuration and the rules", {
  skip: "missing" in promtool && promtool.missing,
}, () => {
  assert.ok("path" in promtool);
  const checked = spawnSync(promtool.path, ["check", "config", "infra/prometheus/prometheus.yml"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
  assert.match(checked.stdout, /[1-9]\d* rules found/);
});

type AlertTests = {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts?: readonly object[];
    }[];
  }[];
};

test("every alert fires in its situation, and none fires on a healthy system", {
  skip: "missing" in promtool && promtool.missing,
}, async () => {
  assert.ok("path" in promtool);
  const file = "infra/prometheus/rules.test.yml";
  const played = spawnSync(promtool.path, ["test", "rules", file], { cwd: ROOT, encoding: "utf8" });
  assert.equal(played.status, 0, `${played.stdout}${played.stderr}`);
  const { tests } = parse(await readFile(join(ROOT, file), "utf8")) as AlertTests;
  const rules = await readFile(join(ROOT, "infra/prometheus/rules.yml"), "utf8");
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  const named = (fires: boolean) =>
    new Set(
      cases.flatMap(({ alertname, exp_alerts }) =>
        (exp_alerts !== undefined) === fires ? [alertname] : [],
      ),
    );
  assert.ok(alerts.length > 8);
  assert.deepEqual([...named(true)].toSorted(), alerts.toSorted());
  assert.deepEqual([...named(false)].toSorted(), alerts.toSorted());
});

test("every target is up", { skip: noPrometheus }, async () => {
  const targets = parse(await readFile(join(ROOT, "infra/prometheus/prometheus.yml"), "utf8"));
  const wanted = targets.scrape_configs.flatMap(
    (job: { static_configs: readonly { labels: { instance: string } }[] }) =>
      job.static_configs.map(({ labels }) => labels.instance),
  );
  assert.equal(wanted.length, 9);
  const up = async (): Promise<readonly string[]> =>
    (await query("up == 1")).map(({ metric }) => (metric as { instance: string }).instance);
  await until(async () => (await up()).length === wanted.length, "all targets up");
  assert.deepEqual([...(await up())].sort(), wanted.sort());
});

/** The panels need orders, trades, sockets and refusals of every kind first. */
const stir = async (): Promise<void> => {
  const url = `http://127.0.0.1:${place.ports.gateway}`;
  const tokens = ["demo", "alice"].map((name) =>
    runProgram(place.env, ["token", `${name}@brokerx.local`]).stdout.trim(),
  );
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/cable?token=${tokens[0]}`,
    "actioncable-v1-json",
  );
  stops.push(() => socket.terminate());
  await new Promise((resolve) => socket.once("message", resolve));
  const today = new Date().toISOString().slice(0, 10);
  const turn = async (count: number): Promise<void> => {
    const buying = count % 2 === 0;
    const response = await fetch(`${url}/api/v1/orders`, {
      method: "POST",
      headers: {
        apikey: "brokerx-key-123",
        authorization: `Bearer ${tokens[count % 2]}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        order: {
          ...{ symbol: "AAPL", order_type: "limit", quantity: 1 },
          ...{ direction: buying ? "buy" : "sell", price: buying ? 101 : 99 },
          client_order_id: `stir-${Date.now()}-${count}`,
        },
      }),
    });
    assert.equal(response.status, 201, await response.text());
    await (await fetch(`${url}/api/v1/portfolio`)).arrayBuffer();
    const headers = { apikey: "brokerx-key-123", authorization: `Bearer ${tokens[0]}` };
    const report = await fetch(`${url}/api/v1/reports/equity?from=${today}&to=${today}`, {
      headers,
    });
    assert.equal(report.status, 200, await report.text());
  };
  let running = true;
  stops.push(() => {
    running = false;
  });
  const keepOn = async (): Promise<void> => {
    for (let count = 20; running; count += 1) await turn(count).catch(() => {});
  };
  for (let count = 0; count < 20; count += 1) await turn(count);
  void keepOn();
};

test("every panel of every dashboard has data", { skip: noPrometheus }, async () => {
  await stir();
  const files = await Array.fromAsync(glob("grafana/dashboards/*.json", { cwd: ROOT }));
  assert.equal(files.length, 2);
  const expressions = new Map<string, string>();
  for (const file of files) {
    const board = JSON.parse(await readFile(join(ROOT, file), "utf8")) as Board;
    for (const { title, targets = [], fieldConfig, type } of board.panels) {
      if (type === "row") continue;
      assert.ok(fieldConfig?.defaults.unit, `${board.title}/${title} has no unit`);
      for (const { expr, refId } of targets)
        expressions.set(`${board.title}/${title}/${refId}`, filledIn(expr));
    }
  }
  assert.ok(expressions.size >= 35, `only ${expressions.size} expressions`);
  await demandData(expressions);
});

type Board = {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
    readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
  }[];
};

const filledIn = (expression: string): string =>
  expression.replaceAll("$__rate_interval", "30s").replaceAll(/\$(service|route)/g, ".*");

test("every alert has data, and none fires on a healthy system", {
  skip: noPrometheus,
}, async () => {
  const rules = parse(await readFile(join(ROOT, "infra/prometheus/rules.yml"), "utf8")) as {
    groups: { rules: { alert?: string; record?: string; expr: string }[] }[];
  };
  const all = rules.groups.flatMap((group) => group.rules);
  const alerts = all.filter(({ alert }) => alert !== undefined);
  assert.ok(alerts.length >= 10);
  const judged = alerts.map(({ alert = "", expr }) => {
    const [, series] = /^([\w:]+) [<>] [\d.]+$/.exec(expr) ?? [];
    assert.ok(series, `${alert} does not compare one series with one number: ${expr}`);
    return [alert, series] as const;
  });
  const recorded = all.flatMap(({ record }) => (record === undefined ? [] : [[record, record]]));
  await demandData(new Map([...judged, ...(recorded as [string, string][])]));
  const urgent = 'ALERTS{alertname=~"InstanceDown|GatewayUnanswered|LedgerImbalance|HoldDrift"}';
  assert.deepEqual(await query(urgent), []);
});
