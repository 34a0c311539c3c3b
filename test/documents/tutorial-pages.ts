import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../../layers/testing/until.ts";
import { launchBrowser, missingBrowser } from "../support/browser.ts";
import {
  assertStatuses,
  blocksOf,
  onPortsOf,
  ROOT,
  readPage,
  runPage,
  saveFiles,
  shellOf,
} from "../support/doc-page.ts";
import type { Place } from "../support/launcher.ts";
import { mailedCode } from "../support/login-code.ts";
import type { findPython } from "./python.ts";
import { TUTORIAL_SHELL } from "./tutorial-shell.ts";

// The pages of docs/tutorials, done as a reader would do them.

type World = {
  readonly place: Place;
  /** Looks like the repository. */
  readonly folder: string;
  readonly python: ReturnType<typeof findPython>;
};

type Tutorial = {
  readonly page: string;
  /** What its commands print. */
  readonly prints: readonly RegExp[];
  readonly needsPython?: boolean;
  /** The files whose parts the page explains. */
  readonly explains?: readonly string[];
};

const TRADES = [/ buy [0-9.]+$/m, / sell [0-9.]+$/m, /cancel all/, /stopped, no order is open/];
const TUTORIALS: readonly Tutorial[] = [
  { page: "first-order.md", prints: [/"status":"filled"/, /"status":"cancelled"/] },
  {
    page: "order-book.md",
    prints: [/ verified$/m, /is lost\n.*: subscribing again\n.* verified$/m, /^AAPL live/m],
  },
  {
    page: "reconcile.md",
    prints: [/^0 differences/m, /^confirmation TSLA/m, /^exit code 1$/m],
    needsPython: true,
  },
  { page: "market-maker-typescript.md", prints: TRADES, explains: ["market-maker.ts"] },
  {
    page: "market-maker-python.md",
    prints: TRADES,
    needsPython: true,
    explains: ["market_maker.py", "kept_book.py"],
  },
];

/** A block of code that is not saved as a file is a part of a file in docs/examples. */
const assertParts = async (page: string, files: readonly string[]): Promise<void> => {
  const sources = await Promise.all(files.map((file) => readPage(join("examples", file))));
  for (const { language, file, text } of blocksOf(page))
    if (["ts", "py"].includes(language) && file === undefined)
      assert.ok(
        sources.some((source) => source.includes(text)),
        `not in ${files}:\n${text}`,
      );
};

export const tutorialTests = ({ place, folder, python }: World): void => {
  for (const { page, prints, needsPython, explains = [] } of TUTORIALS) {
    const skip = needsPython === true && "missing" in python && python.missing;
    test(`docs/tutorials/${page} works as it is written`, { skip }, async () => {
      const text = await readPage(join("tutorials", page));
      await assertParts(text, explains);
      const run = await runPage(text, {
        ...{ place, folder, prelude: TUTORIAL_SHELL },
        variables: {
          ...{ NODE: process.execPath, PYTHON: "path" in python ? python.path : "" },
          BROKERX_URL: `http://127.0.0.1:${place.ports.gateway}`,
        },
      });
      assertStatuses(run, undefined);
      for (const pattern of prints) assert.match(run.output, pattern);
    });
  }

  test("the page of docs/tutorials/build-a-page.md logs in, shows a price and buys", {
    skip: missingBrowser ?? false,
  }, async () => {
    const text = await readPage("tutorials/build-a-page.md");
    await saveFiles(text, place, folder);
    // esbuild serves until its input ends.
    const server = spawn("bash", ["-c", shellOf(text, place)], { cwd: folder, stdio: "pipe" });
    const url = onPortsOf(place, "http://127.0.0.1:5500/");
    let output = "";
    server.stderr.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    const browser = await launchBrowser();
    try {
      await until(() => output.includes(url), "esbuild serves the page");
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      await page.goto(url);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("A code is in your mail.").waitFor();
      await page.getByLabel("Code").fill(await mailedCode(place));
      await page.getByRole("button", { name: "Send the code" }).click();
      await page.getByText(/^AAPL [0-9.]+ \/ [0-9.]+$/).waitFor();
      await page.getByRole("button", { name: "Buy" }).click();
      await page.getByText(/^filled: 5 at [0-9.]+$/).waitFor();
      assert.deepEqual(faults, []);
    } finally {
      server.stdin.end();
      await browser.close();
    }
  });

  test("the fill of docs/tutorials/first-order.md is confirmed by mail", async () => {
    const mails = `http://127.0.0.1:${place.ports.mail}/api/messages`;
    const isConfirmed = async () => /Filled 5 of 5 AAPL/.test(await (await fetch(mails)).text());
    await until(isConfirmed, "the mail of the fill");
  });

  test("the programs of the tutorials have no type error", async () => {
    const options = { lib: ["esnext", "dom", "dom.iterable"] };
    const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions: options };
    const include = ["*.ts", "my-page/*.ts"];
    await writeFile(
      join(folder, "tsconfig.tutorials.json"),
      JSON.stringify({ ...config, include }),
    );
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const args = [tsc, "--noEmit", "-p", "tsconfig.tutorials.json"];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  test("every page of docs/tutorials is run by a test", async () => {
    const pages = await readdir(join(ROOT, "docs", "tutorials"));
    const tested = [...TUTORIALS.map(({ page }) => page), "build-a-page.md", "README.md"];
    assert.deepEqual(pages.toSorted(), tested.toSorted());
  });
};
