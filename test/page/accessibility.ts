import assert from "node:assert/strict";
import { test } from "node:test";
import { type Look, newVisitor, type Visitor } from "./visitor.ts";
import type { World } from "./world.ts";

const LOOKS: readonly Look[] = [
  { width: 1440, theme: "light" },
  { width: 1440, theme: "dark" },
  { width: 390, theme: "light" },
  { width: 390, theme: "dark" },
];

const GUEST_PAGES = [
  "/login",
  "/signup",
  "/forgot",
  "/resend",
  "/reset?token=x",
  "/confirm?token=x",
  "/nowhere",
];
const CLIENT_PAGES = [
  "/trade/AAPL",
  "/portfolio",
  "/activity",
  "/transfers",
  "/reports",
  "/settings",
];

/** Nothing may be wider than the window: a page that scrolls sideways is broken on a phone. */
const checkWidth = async ({ page }: Visitor, what: string): Promise<void> => {
  const [inner, content] = await page.evaluate(() => [
    innerWidth,
    document.documentElement.scrollWidth,
  ]);
  assert.ok((content ?? 0) <= (inner ?? 0), `${what}: ${content} px wide`);
};

const checkPages = async (visitor: Visitor, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    await visitor.visit(path);
    await visitor.page.waitForLoadState("networkidle");
    await visitor.page.getByRole("heading", { level: 1 }).first().waitFor();
    for (const look of LOOKS) {
      const what = `${path} ${look.width} ${look.theme}`;
      await visitor.look(look);
      await visitor.checkAccessibility(what);
      await checkWidth(visitor, what);
    }
  }
};

export const accessibilityTests = (world: () => World): void => {
  test("axe finds nothing on the pages of guests, in both themes, on a phone and a wide screen", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await checkPages(visitor, GUEST_PAGES);
    await visitor.leave();
  });

  test("axe finds nothing on the pages of clients", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Demo");
    await visitor.page.locator('[data-book-state="live"]').waitFor();
    await visitor.page.getByLabel("Quantity").fill("1");
    await visitor.page.getByLabel("Limit price").fill("500");
    await visitor.page.getByText("The price is too far").waitFor();
    await visitor.checkAccessibility("a refused preview");
    await checkPages(visitor, CLIENT_PAGES);
    await visitor.leave();
  });

  test("axe finds nothing on the operator's page and its dialog", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Operator");
    await checkPages(visitor, ["/operator"]);
    await visitor.page.getByRole("button", { name: "Halt AAPL" }).click();
    await visitor.checkAccessibility("a dialog");
    await visitor.leave();
  });
};
