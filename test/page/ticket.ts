import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const ALICE = "alice@brokerx.local";
const BOB = "bob@brokerx.local";
const SYMBOL = "TSLA";

const place = ({ system }: World, email: string, order: object) =>
  system.call(email, "POST", "/api/v1/orders", {
    order: {
      ...{ symbol: SYMBOL, order_type: "limit", quantity: 1, client_order_id: randomUUID() },
      ...order,
    },
  });

/** Bob sells to Demo at this price. */
export const trade = async (world: World, price: string, quantity: number): Promise<void> => {
  await place(world, BOB, { direction: "sell", price, quantity });
  await place(world, "demo@brokerx.local", { direction: "buy", price, quantity });
};

export const ticketTests = (world: () => World): void => {
  test("the ticket has every order type and time in force, each with the amount it would hold", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    const held = (amount: RegExp) =>
      page.locator('[data-preview="held"]').filter({ hasText: amount }).waitFor();
    await page.getByLabel("Quantity").fill("3");
    await page.getByLabel("Limit price").fill("250");
    for (const time of ["DAY", "GTC", "GTD", "IOC", "FOK"]) {
      await page.getByLabel("Time in force").selectOption(time);
      if (time === "GTD") await page.getByLabel("Expires at").fill("2035-05-06T07:08");
      await held(/750\.00/);
    }
    await page.getByLabel("Time in force").selectOption("DAY");
    await page.getByLabel("Order type").selectOption("market");
    await held(/[1-9]/);
    await page.getByLabel("Order type").selectOption("stop");
    await page.getByLabel("Stop price").fill("252");
    await held(/[1-9]/);
    await page.getByLabel("Order type").selectOption("stop_limit");
    await page.getByLabel("Limit price").fill("253");
    await held(/759\.00/);
    assert.ok(await page.getByRole("button", { name: `Buy ${SYMBOL}` }).isEnabled());
    await visitor.leave();
  });

  test("the ticket says which field is wrong or missing, and why", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    const ticket = page.getByRole("form", { name: `Order ${SYMBOL}` });
    await ticket.getByText("Enter the quantity and the limit price to see").waitFor();
    await ticket.getByLabel("Quantity").fill("2.5");
    await ticket.getByText("Correct the quantity.").waitFor();
    await page.keyboard.press("Enter");
    await ticket.getByText("Enter a whole number of shares: parts").waitFor();
    await visitor.checkAccessibility("a wrong quantity");
    await ticket.getByLabel("Order type").selectOption("market");
    await ticket.getByLabel("Quantity").fill("99999999999");
    await ticket.getByText(/This order has 99,999,999,999; allowed is 1 to/).waitFor();
    await ticket.getByLabel("Quantity").fill("");
    await ticket.getByText("Enter the quantity to see what the order needs.").waitFor();
    await ticket.getByLabel("Order type").selectOption("limit");
    await ticket.getByLabel("Quantity").fill("1,000");
    await ticket.getByLabel("Limit price").fill("240.00");
    await page.locator('[data-preview="held"]').filter({ hasText: "240,000.00" }).waitFor();
    await visitor.leave();
  });

  test("the preview is requested again by itself when BrokerX can be reached again", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    visitor.expect(/ERR_FAILED.*preview/);
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    await page.route("**/orders/preview", (route) => route.abort());
    await page.getByLabel("Quantity").fill("2");
    await page.getByLabel("Limit price").fill("250");
    const failure = page.getByText("BrokerX cannot be reached. Please try again.");
    await failure.waitFor();
    await page.unroute("**/orders/preview");
    await page.locator('[data-preview="held"]').filter({ hasText: "500.00" }).waitFor();
    assert.equal(await failure.count(), 0);
    await visitor.leave();
  });

  test("a market order shows what it may cost, and why more is held", async () => {
    const { system, browser } = world();
    const { order_id: offer } = (await place(world(), BOB, {
      ...{ direction: "sell", price: "250.40", quantity: 9 },
    })) as { readonly order_id: string };
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    await page.getByLabel("Order type").selectOption("market");
    await page.getByLabel("Quantity").fill("5");
    await page.getByText("Estimate at the present ask").waitFor();
    await page.locator('[data-preview="estimate"]').filter({ hasText: "1,252.00" }).waitFor();
    await page.getByText("never above the worst possible price").waitFor();
    await page.getByText("Sell", { exact: true }).first().click();
    await page.locator('[data-preview="held"]').filter({ hasText: "5 shares" }).waitFor();
    await page.getByText("never below the worst possible price").waitFor();
    await page.getByText(/checks passed$/).click();
    await page.getByText("Your account is active.").waitFor();
    await visitor.checkAccessibility("the checks of an order");
    await system.call(BOB, "DELETE", `/api/v1/orders/${offer}`);
    await visitor.leave();
  });

  test("a trade moves the candle, the tape and the watch list without a reload", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    await page.locator('[data-book-state="live"]').waitFor();
    await trade(world(), "250.10", 1);
    const chart = page.getByRole("img", { name: `Candles of ${SYMBOL}` });
    for (const interval of ["5m", "1h", "1d", "1m"]) {
      const answered = page.waitForResponse(new RegExp(`/candles\\?interval=${interval}`));
      await page.getByRole("button", { name: interval, exact: true }).click();
      assert.equal((await answered).status(), 200);
      await page.locator(`button[aria-pressed=true]`, { hasText: interval }).waitFor();
    }
    const tape = page.getByRole("region", { name: "Trades", exact: true });
    await tape
      .getByRole("row", { name: /250\.10/ })
      .first()
      .waitFor();
    const before = await chart.screenshot();
    await trade(world(), "253.70", 4);
    await tape
      .getByRole("row", { name: /253\.70 4$/ })
      .first()
      .waitFor();
    await page.getByRole("link", { name: new RegExp(`^${SYMBOL}.*253\\.70`) }).waitFor();
    assert.notDeepEqual(await chart.screenshot(), before, "the candle has moved");
    await visitor.leave();
  });

  test("a trade during a lost connection is on the tape and in the candles after it", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    visitor.expect(/ERR_INTERNET_DISCONNECTED/);
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    await page.locator('[data-book-state="live"]').waitFor();
    await visitor.context.setOffline(true);
    await page.locator('[data-book-state="stale"]').waitFor();
    await trade(world(), "252.60", 6);
    const candles = page.waitForResponse(/\/candles\?interval=1m/);
    await visitor.context.setOffline(false);
    assert.equal((await candles).status(), 200);
    const tape = page.getByRole("region", { name: "Trades", exact: true });
    await tape
      .getByRole("row")
      .nth(1)
      .filter({ hasText: /252\.60/ })
      .waitFor();
    await visitor.leave();
  });

  test("“Cancel all” ends every open order on the page", async () => {
    const { system, browser } = world();
    await system.call(ALICE, "DELETE", "/api/v1/orders");
    for (const price of ["240.00", "241.00", "242.00"])
      await place(world(), ALICE, { direction: "buy", price });
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    const open = page.getByRole("region", { name: "Open orders" });
    await open.getByRole("row", { name: /242\.00.*Working/ }).waitFor();
    assert.equal(await open.getByRole("button", { name: /^Cancel Buy/ }).count(), 3);
    await open.getByRole("button", { name: "Cancel all" }).click();
    await open.getByText("You have no open orders.").waitFor();
    await visitor.leave();
  });

  test("the activity list loads more at its end, and shows only the selected kind", async () => {
    const { system, browser } = world();
    for (let count = 0; count < 40; count += 1)
      await place(world(), ALICE, { direction: "buy", price: "240.00", time_in_force: "IOC" });
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit("/activity");
    const rows = page.getByRole("table").getByRole("row");
    await page
      .getByRole("row", { name: /Buy 1 TSLA, limit 240\.00: Expired/ })
      .first()
      .waitFor();
    const more = page.getByRole("button", { name: "Show more" });
    while ((await more.count()) > 0) {
      const shown = await rows.count();
      await page.keyboard.press("End");
      await page.waitForFunction(
        (count) => document.querySelectorAll("tbody tr").length + 1 > count,
        shown,
      );
    }
    assert.ok((await rows.count()) > 101, "more than a page");
    await page.getByLabel("Show", { exact: true }).selectOption("transfer");
    await page.getByRole("row", { name: /\+1,000,000\.00 USD/ }).waitFor();
    assert.equal(await page.getByRole("row", { name: /TSLA, limit/ }).count(), 0);
    await page.getByLabel("Symbol or asset").fill("zzz");
    await page.getByText("Nothing matches this filter.").waitFor();
    await visitor.leave();
  });

  test("the demo bar links mails and API, and the portfolio shows cash, positions and equity", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    for (const [name, path] of [
      ["Mail catcher", system.mail],
      ["API reference", "/docs"],
    ] as const) {
      const href = await page.getByRole("link", { name }).getAttribute("href");
      assert.ok(href?.includes(path), `${name}: ${href}`);
    }
    await visitor.logIn("Bob");
    await visitor.visit("/portfolio");
    await page.getByRole("row", { name: /MSFT .*400\.00.*[0-9]/ }).waitFor();
    const read = (await system.call(BOB, "GET", "/api/v1/portfolio")) as {
      readonly total_balance: string;
    };
    const total = read.total_balance.replace(/\B(?=(\d{3})+\.)/g, ",");
    await page.getByText(`${total} USD`).first().waitFor();
    // The system may have begun in the hour before.
    const curve = page.getByRole("img", { name: "Line chart of equity over time" });
    await curve.or(page.getByText("The curve begins with the first full hour")).waitFor();
    await visitor.leave();
  });
};
