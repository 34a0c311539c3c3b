import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../testing/free-port.ts";
import { loadTracing } from "../config.ts";

/** Runs a program in its own process, with a list of all loaded modules in `loaded`. */
const run = (program: string, env: Readonly<Record<string, string>> = {}) => {
  const tracing = JSON.stringify(join(import.meta.dirname, "tracing.ts"));
  const config = JSON.stringify(join(import.meta.dirname, "..", "config.ts"));
  const source = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context); } });
    const { beginStep, flushTraces, isTracing, startTracing, traceparentHere } = await import(${tracing});
    const { loadTracing } = await import(${config});
    const logger = { warn: (facts, event) => console.log(event) };
    await startTracing(loadTracing(process.env), { service: "test", logger });
    ${program}`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", source],
    { encoding: "utf8", env: { ...process.env, ...env }, timeout: 20_000 },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
};

const STEP = `{ name: "x", kind: "internal", parent: "00-${"a".repeat(32)}-${"b".repeat(16)}-01" }`;

test("without a collector only OpenTelemetry's interface is loaded, and steps do nothing", () => {
  const program = `
    const step = beginStep(${STEP});
    const inside = step.run(() => traceparentHere());
    step.end({ failed: true });
    const sdk = loaded.filter((name) => /^@opentelemetry\\/(?!api$)|export-traces/.test(name));
    console.log(JSON.stringify([isTracing(), inside ?? null, step.traceparent ?? null, sdk]));`;
  for (const env of [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, {}])
    assert.equal(run(program, env), "[false,null,null,[]]");
});

test("a step gives its trace context, within it and to the next process", () => {
  const program = `
    const step = beginStep(${STEP});
    const inside = await step.run(async () => { await null; return traceparentHere(); });
    console.log(JSON.stringify([inside === step.traceparent, step.traceparent.slice(0, 36), traceparentHere() ?? null]));
    process.exit(0);`;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  assert.equal(run(program, env), `[true,"00-${"a".repeat(32)}-",null]`);
});

test("an unreachable collector delays no process, and is one line in the log", async () => {
  const port = await freePort();
  const program = `
    for (let round = 0; round < 3; round += 1) {
      beginStep(${STEP}).end();
      await flushTraces();
    }
    console.log("flushed");
    setTimeout(() => process.exit(0), 500);`;
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: "200",
  };
  const said = run(program, env).split("\n");
  assert.deepEqual(said.toSorted(), ["flushed", "traces cannot be sent"]);
});

test("the address and the share are validated, and without an address there is no tracing", () => {
  assert.equal(loadTracing({}), undefined);
  assert.equal(loadTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }), undefined);
  const at = (endpoint: string, more = {}) =>
    loadTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more });
  assert.deepEqual(at("http://collector:4318/"), {
    ...{ url: "http://collector:4318/v1/traces", ratio: 1, delayMs: 5_000 },
  });
  assert.equal(at("http://c:1", { OTEL_TRACES_SAMPLER_ARG: "0.25" })?.ratio, 0.25);
  for (const wrong of ["collector:4318", "ftp://x", "x"])
    assert.throws(() => at(wrong), /OTEL_EXPORTER_OTLP_ENDPOINT/);
  for (const wrong of ["2", "-1", "often"])
    assert.throws(() => at("http://c:1", { OTEL_TRACES_SAMPLER_ARG: wrong }), /SAMPLER_ARG/);
});
