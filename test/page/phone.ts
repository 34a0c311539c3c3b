import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const PHONE = { width: 390, theme: "light" } as const;
const ALICE = "alice@brokerx.local";

/** Whether nothing of an element is outside the window or cut by what scrolls around it. */
const isWhole = (element: Locator): Promise<boolean> =>
  element.evaluate((shown) => {
    const { left, right } = shown.getBoundingClientRect();
    const around = shown.closest(".scroll")?.getBoundingClientRect();
    const [start, end] = [around?.left ?? 0, around?.right ?? innerWidth];
    return left >= Math.max(0, start) && right <= Math.min(innerWidth, end);
  });

/** A picture of the one pixel at a distance from an edge of a table, above the text of its head. */
const pixel = async (page: Page, table: Locator, edge: "left" | "right", distance: number) => {
  const box = await table.boundingBox();
  assert.ok(box !== null);
  const [left, right] = [Math.ceil(box.x), Math.floor(box.x + box.width) - 1];
  const x = edge === "left" ? left + distance : right - distance;
  const clip = { x, y: Math.ceil(box.y) + 2, width: 1, height: 1 };
  const picture = await page.screenshot({ clip });
  return picture.toString("base64");
};

/** Whether a shadow at an edge of a table says that it goes on there. */
const goesOn = async (page: Page, table: Locator, edge: "left" | "right"): Promise<boolean> =>
  (await pixel(page, table, edge, 0)) !== (await pixel(page, table, edge, 60));

export const phoneTests = (world: () => World): void => {
  test("on a phone an open order is replaced with a form that is whole", async () => {
    const { system, browser } = world();
    await system.call(ALICE, "DELETE", "/api/v1/orders");
    const visitor = await newVisitor(browser, system, PHONE);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit("/trade/TSLA");
    await system.call(ALICE, "POST", "/api/v1/orders", {
      order: {
        ...{ symbol: "TSLA", order_type: "stop_limit", direction: "buy", quantity: 4 },
        ...{ price: "252.00", stop_price: "251.50", client_order_id: randomUUID() },
      },
    });
    await page.getByRole("button", { name: "Replace Buy 4 TSLA" }).click();
    const form = page.getByRole("form").filter({ has: page.getByLabel("New total quantity") });
    for (const control of await form.locator("input, button").all())
      assert.ok(await isWhole(control), await control.evaluate(({ outerHTML }) => outerHTML));
    await visitor.checkAccessibility("the form of a replace on a phone");
    await form.getByLabel("New total quantity").fill("3");
    await form.locator("button[type=submit]").click();
    await page.getByRole("button", { name: "Replace Buy 3 TSLA" }).waitFor();
    await system.call(ALICE, "DELETE", "/api/v1/orders");
    await visitor.leave();
  });

  test("a table that is wider than the screen has a shadow where it goes on", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system, PHONE);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/settings");
    const table = page.getByRole("group", { name: "Sessions" });
    await table.getByRole("row").nth(1).waitFor();
    for (const theme of ["light", "dark"] as const) {
      await visitor.look({ width: 390, theme });
      await table.scrollIntoViewIfNeeded();
      await table.evaluate((scrolled) => scrolled.scrollTo(0, 0));
      assert.equal(await goesOn(page, table, "right"), true, theme);
      assert.equal(await goesOn(page, table, "left"), false, theme);
      await table.evaluate((scrolled) => scrolled.scrollTo(scrolled.scrollWidth, 0));
      assert.equal(await goesOn(page, table, "right"), false, theme);
      assert.equal(await goesOn(page, table, "left"), true, theme);
    }
    await table.evaluate((scrolled) => scrolled.scrollTo(0, 0));
    await table.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => (document.activeElement?.scrollLeft ?? 0) > 0);
    await visitor.visit("/activity");
    const fitting = page.getByRole("group", { name: "Activity" });
    await fitting.waitFor();
    for (const width of [390, 1001, 1440]) {
      await visitor.look({ width, theme: "light" });
      assert.equal(await goesOn(page, fitting, "right"), false, `${width}`);
    }
    await visitor.leave();
  });
};
