import { execFileSync } from "node:child_process";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The start time of a process, from the operating system. A later process with the same number has
 * a later start time.
 */
const birthOf = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name in parentheses may contain spaces; the start time is the 20th field after it.
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
};

/** The process that holds the folder now. The lock of a killed process no longer counts. */
export const holderOf = async (folder: string): Promise<number | undefined> => {
  const text = await readFile(join(folder, "launcher.pid"), "utf8").catch(() => "");
  const [pid = "", birth = ""] = text.split("\n");
  if (!/^\d+$/.test(pid)) return undefined;
  return birth !== "" && (await birthOf(Number(pid))) === birth ? Number(pid) : undefined;
};

/** Locks the folder for this process; throws a message for the user when another process has it. */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const path = join(folder, "launcher.pid");
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n${(await birthOf(process.pid)) ?? ""}\n`, {
    mode: 0o600,
  });
  try {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      // A link appears as a whole or not at all, so no process reads a partly written number.
      if (await link(draft, path).then(yes, no)) return () => rm(path, { force: true });
      const holder = await holderOf(folder);
      if (holder !== undefined) throw new Error(occupied(folder, holder));
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new Error(`BrokerX is being started twice at once in ${folder}. Start it once.`);
};

const yes = () => true;
const no = () => false;

const occupied = (folder: string, holder: number): string =>
  `BrokerX is already running here (process ${holder}, data in ${folder}). Stop it with Ctrl-C in its terminal, or start a second one: BROKERX_HOME=.brokerx-2 BROKERX_PORT_OFFSET=1000 npm start`;
