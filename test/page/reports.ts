import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { trade } from "./ticket.ts";
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

const show = async (page: Page, kind: "statement" | "trades" | "pnl" | "equity"): Promise<void> => {
  await page.getByLabel("Report", { exact: true }).selectOption(kind);
  await page.getByRole("button", { name: "Show report" }).click();
};

const rowOf = (page: Page, title: string, name: RegExp) =>
  page.getByRole("region", { name: title }).getByRole("row", { name }).first();

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

  test("a report on the page has every part: open orders, totals of symbols, and lots", async () => {
    const { system, browser } = world();
    const demo = "demo@brokerx.local";
    await trade(world(), "251.10", 4);
    const order = { symbol: "TSLA", order_type: "limit", time_in_force: "IOC", quantity: 1 };
    const bid = { ...order, time_in_force: "DAY", direction: "buy", price: "251.00" };
    await system.call("bob@brokerx.local", "POST", "/api/v1/orders", { order: bid });
    await system.call(demo, "POST", "/api/v1/orders", {
      order: { ...order, direction: "sell", price: "251.00" },
    });
    await system.call(demo, "POST", "/api/v1/orders", {
      order: { ...bid, price: "240.00", quantity: 2 },
    });
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/reports");
    await show(page, "statement");
    await rowOf(page, "Open orders at the end", /Buy TSLA 2 480\.00 USD/).waitFor();
    await visitor.checkAccessibility("a statement");
    await show(page, "trades");
    await rowOf(page, "Totals", /TSLA [0-9,]+ [0-9,]+\.[0-9]+ [0-9,]+ [0-9,]+\.[0-9]+/).waitFor();
    await show(page, "pnl");
    await rowOf(page, "Profit and loss", /^Total /).waitFor();
    await rowOf(page, "Sold lots, first in, first out", /TSLA .* 1 .*251\.00/).waitFor();
    await rowOf(page, "Lots still owned", /TSLA .*1,004\.40/).waitFor();
    await visitor.checkAccessibility("profit and loss");
    await system.call(demo, "DELETE", "/api/v1/orders");
    await visitor.leave();
  });

  test("a report without open orders, sales and shares says so", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/reports");
    await page.getByLabel("From").fill("2020-01-01");
    await page.getByLabel("To", { exact: true }).fill("2020-01-02");
    await show(page, "statement");
    await page.getByText("No orders were open at the end of the period.").waitFor();
    await show(page, "pnl");
    await page.getByText("No shares were sold in this period.").waitFor();
    await page.getByText("No shares were owned at the end of the period.").waitFor();
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
    await show(page, "equity");
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
    await show(page, "equity");
    await page.getByText("12.35 %").waitFor();
    await page.getByRole("img", { name: "Line chart of equity over time" }).waitFor();
    await visitor.leave();
  });
};
