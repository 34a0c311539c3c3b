import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { randomMarket } from "./random-market.ts";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

type Level = readonly [price: string, quantity: number];
type Book = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

const SHOWN = 10;
const AT_ONCE = 10;

const rowsOf = async (page: Page, side: "bid" | "ask"): Promise<readonly string[]> => {
  const rows = await page.locator(`.ladder tr.${side}`).all();
  return Promise.all(
    rows.map(async (row) => (await row.locator("td").allTextContents()).join(" ")),
  );
};

const withSeparators = (price: string): string => price.replace(/\B(?=(\d{3})+\.)/g, ",");

const expected = (levels: readonly Level[]): readonly string[] =>
  levels
    .slice(0, SHOWN)
    .map(([price, quantity]) => `${withSeparators(price)} ${quantity.toLocaleString("en-US")}`);

/** The ladder shows the best ten levels a side of the server's book. */
const ladderEquals = async ({ system }: World, page: Page, symbol: string): Promise<void> => {
  const path = `/api/v1/instruments/${symbol}/book`;
  for (let attempt = 0; ; attempt += 1) {
    const book = (await system.call("bob@brokerx.local", "GET", path)) as Book;
    const shown = [await rowsOf(page, "ask"), await rowsOf(page, "bid")];
    const wanted = [expected(book.asks).toReversed(), expected(book.bids)];
    if (JSON.stringify(shown) === JSON.stringify(wanted)) return;
    if (attempt === 50) assert.deepEqual(shown, wanted);
    await page.waitForTimeout(100);
  }
};

const place = ({ system }: World, email: string, order: object) =>
  system.call(email, "POST", "/api/v1/orders", {
    order: { symbol: "MSFT", order_type: "limit", client_order_id: randomUUID(), ...order },
  });

const BOB = "bob@brokerx.local";

/** Orders of Bob around the reference price that do not trade with each other. */
const shake = async (world: World, count: number): Promise<void> => {
  for (let number = 0; number < count; number += 1) {
    const direction = number % 2 === 0 ? "buy" : "sell";
    const step = 1 + ((number * 7) % 25);
    const price = direction === "buy" ? 400 - step / 10 : 400 + step / 10;
    await place(world, BOB, { direction, price: price.toFixed(2), quantity: 1 + (number % 9) });
  }
};

/** Makes `count` changes of the market, a few at the same time as from several clients. */
const changes = async (market: ReturnType<typeof randomMarket>, count: number): Promise<void> => {
  for (let done = 0; done < count; done += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => market.change()));
};

export const tradeTests = (world: () => World): void => {
  test("the ladder equals the server's book after 2,000 random changes and three dropped connections", async () => {
    const { system, browser } = world();
    const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
    console.log(`seed ${seed}`);
    const market = randomMarket(system, "MSFT", seed);
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/trade/MSFT");
    await page.locator('[data-book-state="live"]').waitFor();
    for (let round = 0; round < 4; round += 1) {
      await changes(market, 250);
      await ladderEquals(world(), page, "MSFT");
      if (round < 3) await visitor.context.setOffline(true);
      await changes(market, 250);
      if (round < 3) {
        await page.locator('[data-book-state="stale"]').waitFor();
        await visitor.context.setOffline(false);
        await page.locator('[data-book-state="live"]').waitFor({ timeout: 15_000 });
      }
      await ladderEquals(world(), page, "MSFT");
    }
    assert.ok((await rowsOf(page, "bid")).length > 0, "the book is not empty");
    await market.clear();
    visitor.expect(/ERR_INTERNET_DISCONNECTED/);
    await visitor.leave();
  });

  test("a missing change shows as resyncing and heals by itself", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    // Drops the messages of the next batch: its depth, and the view that would repair the book.
    let lost: string[] = [];
    await page.routeWebSocket(/\/cable/, (socket) => {
      socket.connectToServer().onMessage((message) => {
        const type = /normal.*"type":"(\w+)"/.exec(String(message))?.[1] ?? "";
        if (lost.includes(type)) lost = lost.filter((kind) => kind !== type);
        else socket.send(message);
      });
    });
    await visitor.logIn("Demo");
    await visitor.visit("/trade/MSFT");
    await page.locator('[data-book-state="live"]').waitFor();
    const seen = page.locator('[data-book-state="resyncing"]').waitFor();
    lost = ["depth", "orderbook"];
    await page.route("**/book", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    await shake(world(), 4);
    await seen;
    await page.locator('[data-book-state="live"]').waitFor();
    await ladderEquals(world(), page, "MSFT");
    await system.call(BOB, "DELETE", "/api/v1/orders");
    await visitor.leave();
  });

  test("an order rests, is replaced and cancelled in place, and a click on a price fills the ticket", async () => {
    const { system, browser } = world();
    await system.call("alice@brokerx.local", "DELETE", "/api/v1/orders");
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit("/trade/TSLA");
    await page.getByLabel("Quantity").fill("7");
    await page.getByLabel("Limit price").fill("249.50");
    await page.locator('[data-preview="held"]').filter({ hasText: "1,746.50" }).waitFor();
    await page.getByRole("button", { name: "Buy TSLA" }).click();
    const row = page
      .getByRole("region", { name: "Open orders" })
      .getByRole("row", { name: /TSLA/ });
    await row.filter({ hasText: "Working" }).waitFor();
    await page.getByRole("button", { name: "Sell at 249.50" }).click();
    assert.equal(await page.getByLabel("Limit price").inputValue(), "249.50");
    await row.getByRole("button", { name: /^Replace Buy/ }).click();
    await page.getByLabel("New total quantity").fill("3");
    const form = page.getByRole("form", { name: "Replace TSLA" });
    await form.getByRole("button", { name: "Replace order" }).click();
    await form.waitFor({ state: "detached" });
    await row.getByRole("cell", { name: "3", exact: true }).waitFor();
    await row.getByRole("button", { name: /^Replace Buy/ }).click();
    visitor.expect(/status of 422.*replace/);
    await page.getByLabel("New total quantity").fill("9,000");
    await form.getByRole("button", { name: "Replace order" }).click();
    await form.getByText(/^There is not enough cash for this. This needs [0-9,.]+; /).waitFor();
    await page.getByLabel("New total quantity").fill("2.5");
    await form.getByRole("button", { name: "Replace order" }).click();
    await form.getByText("Enter a whole number of shares").waitFor();
    await form.getByRole("button", { name: "Keep as it is" }).click();
    await form.waitFor({ state: "detached" });
    await row.getByRole("button", { name: /^Cancel Buy/ }).click();
    await page
      .getByRole("group", { name: "Ended orders" })
      .getByRole("row", { name: /TSLA.*Cancelled on request$/ })
      .first()
      .waitFor();
    await visitor.visit("/activity");
    for (const name of ["Buy 7 TSLA, limit 249.50: Pending replace", "Buy 3 TSLA, limit 249.50"])
      await page.getByRole("row", { name }).first().waitFor();
    await page
      .getByRole("row", { name: /Cancelled · Requested/ })
      .first()
      .waitFor();
    await visitor.leave();
  });

  test("the trade page needs at most 200 KB of JavaScript", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Demo");
    const sizes: Promise<number>[] = [];
    visitor.page.on("response", (response) => {
      if (response.request().resourceType() !== "script") return;
      sizes.push(response.body().then((body) => gzipSync(body).length));
    });
    await visitor.page.reload();
    await visitor.page.locator('[data-book-state="live"]').waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    assert.ok(bytes > 10_000 && bytes <= 200 * 1024, `${bytes} bytes gzipped`);
    await visitor.leave();
  });

  test("the hostile name of an instrument is shown as text and never run", async () => {
    const { system, browser } = world();
    const symbol = "HOST";
    const name = "<img src=x onerror=alert(document.domain)>";
    const usual = {
      tick_size: "0.01",
      max_quantity: 100,
      max_notional: "1000000",
      price_band_bps: 500,
    };
    const path = "/api/v1/admin/instruments";
    const listed = (await system.call("admin@brokerx.local", "GET", path)) as {
      readonly instruments: readonly { readonly symbol: string }[];
    };
    if (!listed.instruments.some((instrument) => instrument.symbol === symbol))
      await system.call("admin@brokerx.local", "POST", path, {
        instrument: { symbol, name, ...usual },
      });
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    page.on("dialog", () => assert.fail("a script ran"));
    await visitor.logIn("Demo");
    await visitor.visit(`/trade/${symbol}`);
    await page.getByRole("heading", { name: `${symbol} ${name}` }).waitFor();
    assert.equal(await page.locator("img[src=x]").count(), 0);
    await visitor.leave();
  });

  test("the preview names the check that an order would fail", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Alice");
    await visitor.visit("/trade/AMZN");
    await page.getByLabel("Quantity").fill("1");
    await page.getByLabel("Limit price").fill("400");
    await page.getByText("The price is too far from the reference price.").waitFor();
    await page.getByLabel("Order type").selectOption("market");
    await page.locator('[data-preview="held"]').waitFor();
    await page.getByLabel("Order type").selectOption("stop_limit");
    await page.getByLabel("Stop price").fill("181");
    await page.getByLabel("Limit price").fill("182");
    await page.locator('[data-preview="held"]').filter({ hasText: "182.00" }).waitFor();
    await visitor.leave();
  });
};
