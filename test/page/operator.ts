import assert from "node:assert/strict";
import { test } from "node:test";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const BID = { order_type: "limit", direction: "buy" };

export const operatorTests = (world: () => World): void => {
  test("an operator halts a symbol, and a client's page says so at once", async () => {
    const { system, browser } = world();
    const client = await newVisitor(browser, system);
    await client.logIn("Bob");
    await client.visit("/trade/AMZN");
    await client.page.locator('[data-book-state="live"]').waitFor();
    const operator = await newVisitor(browser, system);
    await operator.logIn("Operator");
    await operator.visit("/operator");
    await operator.page.getByRole("button", { name: "Halt AMZN" }).click();
    await operator.page.getByLabel("Reason").fill("erroneous orders");
    await operator.page.getByRole("dialog").getByRole("button", { name: "Halt AMZN" }).click();
    await operator.page.getByRole("button", { name: "Resume AMZN" }).waitFor();
    await client.page.locator('[data-book-state="halted"]').waitFor({ timeout: 5_000 });
    await operator.page.getByRole("button", { name: "Resume AMZN" }).click();
    await operator.page.getByLabel("Reason").fill("checked");
    await operator.page.getByRole("dialog").getByRole("button", { name: "Resume AMZN" }).click();
    await client.page.locator('[data-book-state="live"]').waitFor({ timeout: 5_000 });
    await client.leave();
    await operator.leave();
  });

  test("an operator finds a client, adjusts its cash, and suspends and reinstates it", async () => {
    const { system, browser } = world();
    const operator = await newVisitor(browser, system);
    const { page } = operator;
    await operator.logIn("Operator");
    await operator.visit("/operator");
    await page.getByText("The journal sums to zero").waitFor();
    await page.getByLabel("Find a client by e-mail", { exact: true }).last().fill("maker-2@");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("button", { name: "Details maker-2@brokerx.local" }).click();
    const dialog = page.getByRole("dialog");
    const adjust = dialog.getByRole("form", { name: "Adjust" });
    await adjust.getByLabel("Amount").fill("5.00");
    await adjust.getByLabel("Reason").fill("goodwill");
    await dialog.getByRole("form", { name: "Limits" }).waitFor();
    await operator.checkAccessibility("a client's details");
    await adjust.getByRole("button", { name: "Adjust" }).click();
    const success = dialog.getByText("The adjustment is in the journal.");
    await success.waitFor();
    operator.expect(/status of 422.*adjustments/);
    await adjust.getByLabel("Direction").selectOption("take");
    await adjust.getByLabel("Amount").fill("999,999,999");
    await adjust.getByRole("button", { name: "Adjust" }).click();
    await adjust.getByText("There is not enough cash for this.").waitFor();
    assert.equal(await success.count(), 0);
    await dialog.getByRole("button", { name: "Close" }).click();
    for (const act of ["Suspend", "Reinstate"]) {
      await page.getByRole("button", { name: `${act} maker-2@brokerx.local` }).click();
      await dialog.getByLabel("Reason").fill("drill");
      const warned = await dialog.getByText("all API keys are permanently revoked").count();
      assert.equal(warned, act === "Suspend" ? 1 : 0);
      await dialog.getByRole("button", { name: `${act} maker-2@brokerx.local` }).click();
      await dialog.waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "Suspend maker-2@brokerx.local" }).waitFor();
    await operator.leave();
  });

  test("an operator sees a client's open order and lowers a limit, which the client's preview then names", async () => {
    const { system, browser } = world();
    const email = "alice@brokerx.local";
    await system.call(email, "POST", "/api/v1/orders", {
      order: { ...BID, symbol: "TSLA", price: "240.00", quantity: 3 },
    });
    const operator = await newVisitor(browser, system);
    const { page } = operator;
    await operator.logIn("Operator");
    await operator.visit("/operator");
    await page.getByLabel("Find a client by e-mail", { exact: true }).last().fill(email);
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("button", { name: `Details ${email}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("row", { name: /TSLA.*Buy.*240\.00/ }).waitFor();
    const limits = dialog.getByRole("form", { name: "Limits" });
    await limits.getByLabel("Quantity of an order at most").fill("7");
    const band = limits.getByLabel("Price band, basis points");
    await band.fill("5,0");
    await limits.getByLabel("Reason").fill("a test");
    await limits.getByRole("button", { name: "Change limits" }).click();
    await limits.getByText("Write decimals with a point").waitFor();
    await band.fill("5,000");
    await operator.checkAccessibility("a client's orders and limits");
    await limits.getByRole("button", { name: "Change limits" }).click();
    await limits.getByText("The limits are changed.").waitFor();
    assert.equal(await band.inputValue(), "5000");
    const client = await newVisitor(browser, system);
    await client.logIn("Alice");
    await client.visit("/trade/TSLA");
    await client.page.getByLabel("Quantity").fill("8");
    await client.page.getByLabel("Limit price").fill("240");
    await client.page.getByText("This order has 8; allowed is 1 to 7.").waitFor();
    await limits.getByLabel("Quantity of an order at most").fill("");
    await band.fill("");
    await limits.getByLabel("Reason").fill("the test is over");
    await limits.getByRole("button", { name: "Change limits" }).click();
    await client.page.locator('[data-preview="held"]').filter({ hasText: "1,920.00" }).waitFor();
    await client.page.getByText(/Limit 1 to 7/).waitFor({ state: "detached" });
    await system.call(email, "DELETE", "/api/v1/orders");
    await client.leave();
    await operator.leave();
  });

  test("an operator lists an instrument, moves it to another calendar, and sees its matcher", async () => {
    const { system, browser } = world();
    const operator = await newVisitor(browser, system);
    const { page } = operator;
    const symbol = `N${String(Date.now() % 100_000).replace(/[0-9]/g, (digit) => "ABCDEFGHIJ".charAt(Number(digit)))}`;
    await operator.logIn("Operator");
    await operator.visit("/operator");
    await page.getByRole("button", { name: "List an instrument" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Symbol").fill(symbol);
    await dialog.getByLabel("Name").fill("New Venture");
    await dialog.getByLabel("Reference price").fill("20.00");
    await dialog.getByLabel("Value of an order at most").fill("2,000,000.00");
    await operator.checkAccessibility("a new instrument");
    await dialog.getByRole("button", { name: "List an instrument" }).click();
    const row = page.getByRole("row", { name: new RegExp(`${symbol}.*New Venture.*ALWAYS`) });
    await row.getByRole("button", { name: `Edit ${symbol}` }).click();
    await dialog.getByLabel("Calendar").selectOption("XNYS");
    assert.equal(await dialog.getByLabel("Value of an order at most").inputValue(), "2000000.00");
    await dialog.getByLabel("Quantity at most").fill("5,000");
    await dialog.getByLabel("Reason").fill("a test");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("The instrument is changed.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("row", { name: new RegExp(`${symbol}.*New Venture.*XNYS`) }).waitFor();
    const matching = page.getByRole("region", { name: "Matching" });
    await matching.getByRole("row", { name: new RegExp(`${symbol}.*Settled`) }).waitFor();
    await matching.getByText(/Matcher “.+”: shards 0, 1, 2, 3/).waitFor();
    await page
      .getByRole("region", { name: "Calendars" })
      .getByRole("row", { name: /XNYS/ })
      .waitFor();
    await operator.leave();
  });

  test("a kill switch stops an order and is lifted again; a client has no operator page", async () => {
    const { system, browser } = world();
    const operator = await newVisitor(browser, system);
    const { page } = operator;
    await operator.logIn("Operator");
    await operator.visit("/operator");
    await page.getByRole("button", { name: "Stop AMZN" }).click();
    await page.getByLabel("Reason").fill("drill");
    await page.getByRole("dialog").getByRole("button", { name: "Stop AMZN" }).click();
    await page.getByRole("button", { name: /^Lift/ }).click();
    await page.getByText("No kill switch is on").waitFor();
    await operator.leave();
    const client = await newVisitor(browser, system);
    await client.logIn("Bob");
    assert.equal(await client.page.getByRole("link", { name: "Operator" }).count(), 0);
    await client.visit("/operator");
    await client.page.getByText("There is no such page.").waitFor();
    await client.leave();
  });
};
