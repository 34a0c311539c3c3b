import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { System } from "./system.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export type Look = { readonly width: number; readonly theme: "light" | "dark" };

/** A person at a browser of their own; what goes wrong in it is collected. */
export type Visitor = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Goes to a page of the site as a click on a link would, without a reload. */
  readonly visit: (path: string) => Promise<void>;
  readonly logIn: (name: string) => Promise<void>;
  readonly look: (look: Look) => Promise<void>;
  /** Throws when axe finds a violation on the page as it is now. */
  readonly checkAccessibility: (what: string) => Promise<void>;
  /** Throws when there was a console error, a request elsewhere, or a violation of the security policy. */
  readonly leave: () => Promise<void>;
  /** Failed answers that a test provokes are logged by the browser; they are not faults of the page. */
  readonly expect: (fault: RegExp) => void;
};

const watch = (page: Page, origin: string, faults: string[]): void => {
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const same = url.origin === origin || url.protocol === "data:";
    if (!same) faults.push(`request to ${url.origin}`);
  });
};

/** Opens a browser window of its own on the page's first address. */
export const newVisitor = async (
  browser: Browser,
  system: System,
  look: Look = { width: 1440, theme: "light" },
): Promise<Visitor> => {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const expected: RegExp[] = [];
  watch(page, new URL(system.page).origin, faults);
  context.on("page", (opened) => watch(opened, new URL(system.page).origin, faults));
  await page.goto(system.page);
  return {
    page,
    context,
    visit: (path) => visit(page, path),
    logIn: async (name) => {
      await page.getByRole("button", { name, exact: true }).click();
      await page.waitForURL("**/trade/**");
    },
    look: async ({ width, theme }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
    },
    checkAccessibility: (what) => checkAccessibility(page, what),
    expect: (fault) => expected.push(fault),
    leave: async () => {
      await context.close();
      const unexpected = faults.filter((fault) => !expected.some((known) => known.test(fault)));
      assert.deepEqual(unexpected, []);
    },
  };
};

const visit = async (page: Page, path: string): Promise<void> => {
  await page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, path);
  await page.waitForURL(`**${path}**`);
  await page.getByRole("main").waitFor();
};

type Violation = {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
};

const checkAccessibility = async (page: Page, what: string): Promise<void> => {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: readonly unknown[] }> };
    };
    return (await axe.run()).violations;
  });
  const found = (violations as readonly Violation[]).map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
  );
  assert.deepEqual(found, [], what);
};
