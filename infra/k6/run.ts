import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { portsFor } from "../local/launcher/ports.ts";

// `npm run k6 -- <script> [-e NAME=value …]`: runs k6 of this machine, else Docker.

const ROOT = join(import.meta.dirname, "..", "..");
const FOLDER = join(ROOT, "k6");

const scripts = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".js"))
    .map((name) => name.replace(/\.js$/, ""));

const runs = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** The addresses of laptop mode, for variables that the caller did not set. */
const addresses = (env: NodeJS.ProcessEnv): Readonly<Record<string, string>> => {
  const ports = portsFor(env);
  const http = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    BASE_URL: http(ports.gateway),
    PORTFOLIOS_URL: http(ports.portfolios),
    ORDERS_URL: http(ports["orders-a"]),
    IDENTITY_URL: http(ports.identity),
    MAIL_URL: http(ports.mail),
    WS_URL: `ws://127.0.0.1:${ports.gateway}/cable`,
  };
};

const main = (): number => {
  const [named, ...rest] = process.argv.slice(2);
  const script = named === undefined ? undefined : basename(named, ".js");
  if (script === undefined || !existsSync(join(FOLDER, `${script}.js`))) {
    const fault = script === undefined ? "The script is missing" : `There is no script ${script}`;
    console.error(`${fault}: npm run k6 -- <script>. The scripts are ${scripts().join(", ")}.`);
    return 1;
  }
  const k6 = process.env["K6"] ?? "k6";
  if (runs(k6, ["version"])) {
    const env = { ...addresses(process.env), ...process.env };
    const args = ["run", "--no-usage-report", ...rest, join(FOLDER, `${script}.js`)];
    return spawnSync(k6, args, { stdio: "inherit", env }).status ?? 1;
  }
  if (runs("docker", ["compose", "ps", "--quiet"])) {
    const args = ["compose", "--profile", "k6", "run", "--rm", "k6", "run", ...rest];
    return spawnSync("docker", [...args, `/k6/${script}.js`], { stdio: "inherit" }).status ?? 1;
  }
  console.error(
    "There is no k6 on this machine, and no Docker that could run one. Fix: install k6\n" +
      "(https://grafana.com/docs/k6/latest/set-up/install-k6, or go install go.k6.io/k6@latest) and\n" +
      "put it on the PATH, or name it: K6=/path/to/k6 npm run k6 -- <script>",
  );
  return 1;
};

process.exitCode = main();
