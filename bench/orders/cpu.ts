import { readdir, readFile } from "node:fs/promises";

/**
 * The unit in which the kernel counts processor time (`getconf CLK_TCK`, 100 on all current Linux
 * systems).
 */
const TICK_SECONDS = 0.01;

type Stat = { readonly parent: number; readonly own: number; readonly reaped: number };

/** The fields of `/proc/<pid>/stat`; undefined for a process that has just ended. */
const readStat = async (pid: number): Promise<Stat | undefined> => {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name may contain anything, so the fields are counted from the parenthesis that ends it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 15) return undefined;
  const ticks = (...positions: readonly number[]) =>
    positions.reduce((sum, position) => sum + Number(fields[position]), 0);
  return { parent: Number(fields[1]), own: ticks(11, 12), reaped: ticks(13, 14) };
};

/** The process itself and all its descendants. */
const processTree = async (root: number): Promise<readonly number[]> => {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const stats = await Promise.all(pids.map(async (pid) => [pid, await readStat(pid)] as const));
  const tree = new Set([root]);
  for (let grown = true; grown; ) {
    const before = tree.size;
    for (const [pid, stat] of stats) if (stat !== undefined && tree.has(stat.parent)) tree.add(pid);
    grown = tree.size > before;
  }
  return [...tree];
};

/** Processor seconds that a process and its descendants have used so far, including ended ones. */
export const cpuSeconds = async (root: number): Promise<number> => {
  const stats = await Promise.all((await processTree(root)).map(readStat));
  const ticks = stats.reduce((sum, stat) => sum + (stat?.own ?? 0) + (stat?.reaped ?? 0), 0);
  return ticks * TICK_SECONDS;
};
