import { spawnSync } from "node:child_process";

/**
 * A program that this suite can run without, but CI cannot: its path, from the variable that names
 * it or from the PATH, or the reason why it is missing. When CI_REQUIRES lists it, a missing
 * program is an error.
 */
export const findTool = (
  name: string,
  variable: string,
  versionArgs: readonly string[] = ["--version"],
  program = name,
): { readonly path: string } | { readonly missing: string } => {
  const path = process.env[variable] ?? program;
  if (spawnSync(path, versionArgs, { stdio: "ignore" }).status === 0) return { path };
  const missing = `${name} is not installed here (PATH, or ${variable}=<path>)`;
  const required = (process.env["CI_REQUIRES"] ?? "").split(",");
  if (required.includes(name)) throw new Error(`CI requires it: ${missing}`);
  return { missing };
};

/**
 * A folder that a suite can run without, but CI cannot, from the variable that names it. When
 * CI_REQUIRES lists it, a missing folder is an error.
 */
export const findFolder = (
  name: string,
  variable: string,
): { readonly path: string } | { readonly missing: string } => {
  const path = process.env[variable];
  if (path !== undefined) return { path };
  const missing = `${name} is not installed here (${variable}=<folder>)`;
  const required = (process.env["CI_REQUIRES"] ?? "").split(",");
  if (required.includes(name)) throw new Error(`CI requires it: ${missing}`);
  return { missing };
};
