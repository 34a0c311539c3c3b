import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const PAGES = ["/trade/AMZN", "/portfolio", "/activity", "/transfers", "/reports", "/settings"];
const TABS_MAX = 200;
const WALKS_MAX = 5;
const ZONE = "Asia/Tokyo";

/** Marks what a mouse could use; of radio buttons, those that are chosen. */
const markControls = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const controls = [
      ...document.querySelectorAll<HTMLElement>("a[href], button, input, select, summary"),
    ].filter((control) => {
      if (control.matches(":disabled") || !control.checkVisibility()) return false;
      return !control.matches("input[type=radio]:not(:checked)");
    });
    for (const known of document.querySelectorAll("[data-control], [data-walked]")) {
      known.removeAttribute("data-last");
      known.removeAttribute("data-control");
      known.removeAttribute("data-walked");
    }
    for (const control of controls) control.setAttribute("data-control", "");
    return controls.length;
  });

/** Walks with the Tab key until a control has the focus again; returns the controls that never had it. */
const unreached = async (page: Page): Promise<readonly string[]> => {
  for (let steps = 0; steps < TABS_MAX; steps += 1) {
    await page.keyboard.press("Tab");
    const isAround = await page.evaluate(() => {
      const focused = document.activeElement;
      if (focused === null || focused === document.body) return false;
      // a field for a date has the focus three times: day, month and year
      if (focused.hasAttribute("data-last")) return false;
      const isKnown = focused.hasAttribute("data-walked");
      document.querySelector("[data-last]")?.removeAttribute("data-last");
      focused.setAttribute("data-last", "");
      focused.setAttribute("data-walked", "");
      return isKnown;
    });
    if (isAround) break;
  }
  const missed = await page.locator("[data-control]:not([data-walked])").all();
  return Promise.all(missed.map((control) => control.evaluate(({ outerHTML }) => outerHTML)));
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
      // This page takes the focus once, when it has loaded.
      if (path === "/transfers") await page.locator("input[name=amount]:focus").waitFor();
      // A page that still changes during a walk can take the focus elsewhere.
      let missed: readonly string[] = [path];
      for (let walk = 0; walk < WALKS_MAX && missed.length > 0; walk += 1) {
        assert.ok((await markControls(page)) > 8, path);
        missed = await unreached(page);
      }
      assert.deepEqual(missed, [], path);
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
    await page.getByLabel("Amount in USD").first().fill("7.5");
    const button = page.getByRole("button", { name: "Deposit" });
    await button.click();
    await page.locator("button[aria-busy=true]:disabled").waitFor();
    release();
    await page.getByRole("alert").filter({ hasText: "BrokerX cannot be reached." }).waitFor();
    isCut = false;
    await button.click();
    await page.getByText("7.50 USD is in your account.").waitFor();
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
