import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Ports, portsFor, takenPorts } from "../../infra/local/launcher/ports.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const START = join(ROOT, "infra", "local", "start.cjs");

/** A place for a second system: a folder, and ports that no other program uses. */
export type Place = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly offset: number;
  readonly ports: Ports;
};

/** Finds an empty folder and an offset at which every port is free. */
export const findPlace = async (): Promise<Place> => {
  const home = await mkdtemp(join(tmpdir(), "brokerx-launcher-"));
  for (let offset = 9_000 + (process.pid % 97) * 10; offset < 24_000; offset += 400) {
    const env = { ...process.env, BROKERX_HOME: home, BROKERX_PORT_OFFSET: String(offset) };
    const ports = portsFor(env);
    if ((await takenPorts(ports)).length === 0) return { env, home, offset, ports };
  }
  throw new Error("No free ports for a second system.");
};

/** A started launcher and its output so far. */
export type Launched = {
  readonly child: ChildProcess;
  readonly output: () => string;
  /**
   * Waits until the launcher has printed this; throws its output when it ends or the time is up
   * first.
   */
  readonly says: (pattern: RegExp, withinMs?: number) => Promise<void>;
  /** Exit code of the launcher, once it has ended. */
  readonly ended: Promise<number | null>;
};

/** Runs the launcher, or another program behind `start.cjs`, as npm would. */
export const launch = (
  env: Place["env"],
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
): Launched => {
  const child = spawn(process.execPath, [...nodeArgs, START, "main", ...args], { env, cwd: ROOT });
  let output = "";
  const listen = (chunk: Buffer): void => {
    output += chunk;
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const says = async (pattern: RegExp, withinMs = 60_000): Promise<void> => {
    const deadline = Date.now() + withinMs;
    while (!pattern.test(output)) {
      if (Date.now() > deadline || child.exitCode !== null)
        throw new Error(`The launcher never said ${pattern}. It said:\n${output}`);
      await delay(50);
    }
  };
  return { child, output: () => output, says, ended };
};

/** Runs a small program of `start.cjs` to its end. */
export const runProgram = (env: Place["env"], args: readonly string[]) => {
  try {
    const stdout = execFileSync(process.execPath, [START, ...args], {
      ...{ env, cwd: ROOT, encoding: "utf8", stdio: "pipe" },
    });
    return { code: 0, stdout, stderr: "" };
  } catch (error) {
    return error as { readonly stdout: string; readonly stderr: string } & {
      readonly code?: number;
    };
  }
};

type Running = { readonly pid: number; readonly parent: number; readonly command: string };

const running = (): readonly Running[] =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });

/** The processes that a launcher has started. */
export const childrenOf = (launched: Launched): readonly Running[] =>
  running().filter(({ parent }) => parent === launched.child.pid);

/** Those of the processes that are still alive. */
export const stillAlive = (processes: readonly Running[]): readonly Running[] => {
  const now = running();
  return processes.filter(({ pid, command }) =>
    now.some((running) => running.pid === pid && running.command === command),
  );
};

/** The README's walk as a shell script, with the ports of this place. */
export const readWalk = async ({ offset }: Place): Promise<string> => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const walk = /<!-- walk:begin -->\s*```sh\n([\s\S]*?)```\s*<!-- walk:end -->/.exec(readme)?.[1];
  if (walk === undefined) throw new Error("README.md has no walk between its markers.");
  return walk.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${Number(port) + offset}`);
};
