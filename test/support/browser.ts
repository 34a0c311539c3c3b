import { execFileSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";
import { findTool } from "./tools.ts";

const browserTool = findTool("chromium", "CHROMIUM");
/** Why a test in a browser cannot run here, if it cannot. */
export const missingBrowser = "missing" in browserTool ? browserTool.missing : undefined;

/** Playwright does not search the PATH. */
const absolutePath = (program: string): string =>
  execFileSync("sh", ["-c", `command -v "${program}"`], { encoding: "utf8" }).trim();

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "path" in browserTool ? absolutePath(browserTool.path) : "",
    args: ["--no-sandbox"],
  });
