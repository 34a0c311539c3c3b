import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

type Equity = { money_weighted_return: string | null; points: { time: string; equity: string }[] };

/** Lets the page see another history of the account, which a new system does not have yet. */
const changeEquity = (page: Page, change: (report: Equity) => void) =>
  page.route("**/api/v1/reports/equity?*", async (route) => {
    const response = await route.fetch();
    const report = (await response.json()) as Equity;
    change(report);
    await route.fulfill({ response, json: report });
  });

const showEquity = async (page: Page): Promise<void> => {
  await page.getByLabel("Report", { exact: true }).selectOption("equity");
  await page.getByRole("button", { name: "Show report" }).click();
};

export const reportTests = (world: () => World): void => {
  test("a refused report marks the field that is wrong, and the browser offers time zones", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    visitor.expect(/status of 4/);
    await visitor.logIn("Demo");
    await visitor.visit("/reports");
    const zone = page.getByLabel("Time zone");
    const usual = await zone.inputValue();
    assert.equal(await page.locator('datalist option[value="Europe/Berlin"]').count(), 1);
    await zone.fill("Berlin");
    await page.getByRole("button", { name: "Show report" }).click();
    await page.getByText("must be a time zone of the IANA database").waitFor();
    assert.equal(await zone.getAttribute("aria-invalid"), "true");
    await visitor.checkAccessibility("a refused report");
    await zone.fill(usual);
    await page.getByLabel("From").fill("2026-11-20");
    await page.getByLabel("To", { exact: true }).fill("2026-11-10");
    await page.getByRole("button", { name: "Download CSV" }).click();
    await page.getByText("must not be before from").waitFor();
    assert.equal(await zone.getAttribute("aria-invalid"), null);
    const to = page.getByLabel("To", { exact: true });
    assert.equal(await to.getAttribute("aria-invalid"), "true");
    await visitor.leave();
  });

  test("the equity of a few minutes is neither a line nor a yearly rate", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await changeEquity(page, (report) => {
      report.money_weighted_return = "240485.380035";
      report.points = report.points.slice(-1);
    });
    await visitor.visit("/portfolio");
    await page.getByText("The curve begins with the first full hour").waitFor();
    await visitor.visit("/reports");
    await showEquity(page);
    await page.getByText("more than 1,000 % (not meaningful for a short period)").waitFor();
    await page.getByText("The curve begins with the first full day").waitFor();
    await visitor.leave();
  });

  test("the equity of two days is a line with a yearly rate of two decimals", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await changeEquity(page, (report) => {
      report.money_weighted_return = "0.123456";
      report.points = report.points
        .slice(-2)
        .map((point, day) => ({ ...point, equity: "1000.00", time: `2026-11-1${day}T00:00:00Z` }));
    });
    await visitor.visit("/reports");
    await showEquity(page);
    await page.getByText("12.35 %").waitFor();
    await page.getByRole("img", { name: "Line chart of equity over time" }).waitFor();
    await visitor.leave();
  });
};
