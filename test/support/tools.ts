import { spawnSync } from "node:child_process";

/**
 * Finds a program that a test needs. Returns its path, from the variable or else from the PATH, or
 * the reason that the skipped test prints. When CI_REQUIRES lists it, a missing
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
  const missing = `${name} was not found: install it on the PATH, or set ${variable} to its path`;
  const required = (process.env["CI_REQUIRES"] ?? "").split(",");
  if (required.includes(name)) throw new Error(`CI requires it: ${missing}`);
  return { missing };
};

/**
 * Finds a folder that a test needs, by the variable that names it. Returns its path, or the reason
 * that the skipped test prints. When
 * CI_REQUIRES lists it, a missing folder is an error.
 */
export const findFolder = (
  name: string,
  variable: string,
): { readonly path: string } | { readonly missing: string } => {
  const path = process.env[variable];
  if (path !== undefined) return { path };
  const missing = `${name} was not found: set ${variable} to its folder`;
  const required = (process.env["CI_REQUIRES"] ?? "").split(",");
  if (required.includes(name)) throw new Error(`CI requires it: ${missing}`);
  return { missing };
};
