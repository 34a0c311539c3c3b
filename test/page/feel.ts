import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const PAGES = ["/trade/AMZN", "/portfolio", "/activity", "/transfers", "/reports", "/settings"];
const TABS_MAX = 200;
const ZONE = "Asia/Tokyo";

/** Marks what a mouse could use, and returns how much there is; of radio buttons, one for each group. */
const markControls = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const groups = new Set<string>();
    const controls = [
      ...document.querySelectorAll<HTMLElement>("a[href], button, input, select, summary"),
    ].filter((control) => {
      if (control.matches(":disabled") || !control.checkVisibility()) return false;
      if (!(control instanceof HTMLInputElement) || control.type !== "radio") return true;
      const isFirst = !groups.has(control.name);
      groups.add(control.name);
      return isFirst;
    });
    return controls.length;
  });

/** Walks with the Tab key until the first control has the focus again; returns how many had it. */
const walk = async (page: Page): Promise<number> => {
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
  for (let steps = 0; steps < TABS_MAX; steps += 1) {
    await page.keyboard.press("Tab");
    const isSeen = await page.evaluate(() => {
      const focused = document.activeElement;
      if (focused === null || focused === document.body) return true;
      const isKnown = focused.hasAttribute("data-walked");
      focused.setAttribute("data-walked", "");
      return isKnown;
    });
    if (isSeen) break;
  }
  return page.locator("[data-walked]").count();
};

export const feelTests = (world: () => World): void => {
  test("the Tab key reaches every control of every page", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Bob");
    for (const path of PAGES) {
      await visitor.visit(path);
      await page.waitForLoadState("networkidle");
      const controls = await markControls(page);
      assert.ok(controls > 8, path);
      assert.ok((await walk(page)) >= controls, path);
    }
    await visitor.leave();
  });

  test("an action shows that it runs, and that it failed, and can be repeated", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Bob");
    await visitor.visit("/transfers");
    let isCut = true;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/api/v1/deposits", async (route) => {
      if (route.request().method() !== "POST" || !isCut) return route.continue();
      await held;
      return route.abort();
    });
    await page.getByLabel("Amount in USD").first().fill("7.25");
    const button = page.getByRole("button", { name: "Deposit" });
    await button.click();
    await page.locator("button[aria-busy=true]:disabled").waitFor();
    release();
    await page.getByRole("alert").filter({ hasText: "BrokerX cannot be reached." }).waitFor();
    isCut = false;
    await button.click();
    await page.getByText("7.25 USD is in your account.").waitFor();
    visitor.expect(/ERR_FAILED/);
    await visitor.leave();
  });

  test("times are shown in the person's own zone", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    const session = await visitor.context.newCDPSession(page);
    await session.send("Emulation.setTimezoneOverride", { timezoneId: ZONE });
    await page.reload();
    await visitor.logIn("Bob");
    await visitor.visit("/activity");
    const time = page.locator("tbody time").first();
    await time.waitFor();
    const wanted = new Intl.DateTimeFormat("en-US", {
      ...{ dateStyle: "medium", timeStyle: "medium", timeZone: ZONE },
    }).format(new Date((await time.getAttribute("datetime")) ?? ""));
    assert.equal(await time.textContent(), wanted);
    await visitor.leave();
  });
};
