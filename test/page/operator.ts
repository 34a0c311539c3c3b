import assert from "node:assert/strict";
import { test } from "node:test";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

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
    await dialog.getByLabel("Amount").fill("5.00");
    await dialog.getByLabel("Reason").fill("goodwill");
    await operator.checkAccessibility("a client's details");
    await dialog.getByRole("button", { name: "Adjust" }).click();
    await dialog.getByText("The adjustment is in the journal.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    for (const act of ["Suspend", "Reinstate"]) {
      await page.getByRole("button", { name: `${act} maker-2@brokerx.local` }).click();
      await dialog.getByLabel("Reason").fill("drill");
      await dialog.getByRole("button", { name: `${act} maker-2@brokerx.local` }).click();
      await dialog.waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "Suspend maker-2@brokerx.local" }).waitFor();
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
