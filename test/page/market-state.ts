import assert from "node:assert/strict";
import { test } from "node:test";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const ADMIN = "admin@brokerx.local";
const SYMBOL = "SHUT";
const INSTRUMENTS = "/api/v1/admin/instruments";

type Listed = { readonly instruments: readonly { readonly symbol: string }[] };

/** Lists an instrument whose market opens the day after tomorrow, whenever the suite runs. */
const listClosed = async ({ system }: World): Promise<void> => {
  const weekday = (new Date(Date.now() + 2 * 86_400_000).getUTCDay() + 6) % 7;
  await system.sql(`
    insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays)
    values ('RARELY', 'Once a week', 'UTC', '09:30', '16:00', '{${weekday + 1}}')
    on conflict do nothing`);
  const { instruments } = (await system.call(ADMIN, "GET", INSTRUMENTS)) as Listed;
  if (instruments.some(({ symbol }) => symbol === SYMBOL)) return;
  await system.call(ADMIN, "POST", INSTRUMENTS, {
    instrument: {
      ...{ symbol: SYMBOL, name: "Closed Market", tick_size: "0.01", calendar: "RARELY" },
      ...{ max_quantity: 100_000, max_notional: "1000000", price_band_bps: 1_000 },
      reference_price: "1230.00",
    },
  });
};

export const marketStateTests = (world: () => World): void => {
  test("a closed market is named with its next opening, and an order says that it waits", async () => {
    const { system, browser } = world();
    await listClosed(world());
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit(`/trade/${SYMBOL}`);
    await page.getByText(/RARELY is closed; it opens .* DAY, GTC and GTD orders wait/).waitFor();
    await page.locator('[data-book-state="closed"]').waitFor();
    await visitor.checkAccessibility("a closed market");
    await page.getByLabel("Quantity").fill("2");
    await page.getByLabel("Limit price").fill("1230");
    await page.locator('[data-preview="held"]').waitFor();
    await page.getByRole("button", { name: `Buy ${SYMBOL}` }).click();
    const row = page.getByRole("row", { name: new RegExp(`${SYMBOL}.*waits for the open`) });
    await row.waitFor();
    assert.ok(await row.getByRole("button", { name: /^Replace/ }).isDisabled());
    await page.getByLabel("Time in force").selectOption("IOC");
    await page.getByLabel("Quantity").fill("3");
    await page.getByText("The market is closed.").waitFor();
    assert.ok(await page.getByRole("button", { name: `Buy ${SYMBOL}` }).isDisabled());
    await row.getByRole("button", { name: /^Cancel/ }).click();
    await row.waitFor({ state: "detached" });
    await visitor.leave();
  });

  test("an order that fails a check cannot be sent until it passes", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit("/trade/AMZN");
    const buy = page.getByRole("button", { name: "Buy AMZN" });
    await page.getByLabel("Quantity").fill("2000000");
    await page.getByLabel("Limit price").fill("180");
    await page.getByText(/This order has 2,000,000; allowed is 1 to [0-9,]+\./).waitFor();
    assert.ok(await buy.isDisabled());
    await page.getByLabel("Quantity").fill("2");
    await page.locator('[data-preview="held"]').filter({ hasText: "360.00" }).waitFor();
    assert.ok(await buy.isEnabled());
    await visitor.leave();
  });

  test("the page of an unknown symbol shows a message and the watch list", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit("/trade/NOPE");
    await page.getByText("There is no instrument with the symbol NOPE.").waitFor();
    assert.equal(await page.getByRole("button", { name: /^Buy/ }).count(), 0);
    await visitor.checkAccessibility("an unknown symbol");
    await page.getByRole("link", { name: /^AMZN/ }).click();
    await page.locator('[data-book-state="live"]').waitFor();
    await visitor.leave();
  });

  test("a client sees who is logged in, and the current page in the menu of a phone", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system, { width: 390, theme: "light" });
    const { page } = visitor;
    await visitor.logIn("Alice");
    await page.getByRole("link", { name: "Logged in as Alice Archer" }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Reports" }).click();
    const box = await page.getByRole("link", { name: "Reports" }).boundingBox();
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
    await visitor.visit("/transfers");
    await page.getByText(/Available [0-9,]+\.[0-9]{2} USD/).waitFor();
    await visitor.visit("/activity");
    await page
      .getByText(/^Available balance in USD, [0-9.,]+ held$/)
      .first()
      .waitFor();
    const demo = page.getByRole("complementary", { name: "Demo" });
    await demo.getByText("Demo. Switch to").waitFor();
    assert.equal(await demo.getByRole("button", { name: "Alice" }).count(), 0);
    await demo.getByRole("button", { name: "Bob" }).click();
    await page.getByRole("link", { name: /^Logged in as Bob/ }).waitFor();
    await demo.getByRole("button", { name: "Alice" }).waitFor();
    await visitor.leave();
  });
};
