import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { portsFor } from "../local/launcher/ports.ts";
import { stateFolder } from "../local/launcher/state.ts";
import { laptopConfig } from "./laptop.ts";

// `npm run prometheus`: watches the laptop system with the Prometheus on the PATH, until Ctrl-C.

const folder = join(stateFolder(process.env), "prometheus");
const address = `127.0.0.1:${process.argv[2] ?? 9090}`;
await mkdir(folder, { recursive: true });
const config = join(folder, "prometheus.yml");
await writeFile(config, await laptopConfig(portsFor(process.env), "5s"));

const child = spawn(
  "prometheus",
  [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=warn",
  ],
  { stdio: "inherit" },
);
child.on("spawn", () => console.log(`Prometheus is at http://${address}. Ctrl-C ends it.`));
child.on("error", () => {
  console.error(
    "There is no Prometheus on the PATH. Fix: install it, or use Compose, which has it.",
  );
  process.exitCode = 1;
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
