import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "./world.ts";

/** The page of the API is on another port than the web page; the web page names it. */
const referenceOf = async ({ system }: World): Promise<string> => {
  const config = (await (await fetch(`${system.page}/config.json`)).json()) as {
    readonly laptop: { readonly docs_url: string };
  };
  return config.laptop.docs_url;
};

export const referenceTests = (world: () => World): void => {
  test("the API reference loads without foreign requests, and an order is placed with “Try it out”", async () => {
    const { system, browser } = world();
    const address = await referenceOf(world());
    const page = await browser.newPage();
    const faults: string[] = [];
    const own = [new URL(system.page).origin, new URL(address).origin, "null"];
    page.on("request", (request) => {
      const { origin } = new URL(request.url());
      if (!own.includes(origin)) faults.push(`request to ${origin}`);
    });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    await page.goto(address);
    await page.getByRole("button", { name: "Authorize" }).first().click();
    await page.getByLabel("auth-bearer-value").first().fill(system.token("demo@brokerx.local"));
    await page.getByRole("button", { name: "Apply credentials" }).first().click();
    await page.locator(".close-modal").click();
    const operation = page.locator("#operations-orders-placeOrder");
    await operation.getByRole("button").first().click();
    const answered = page.waitForResponse(`${system.page}/api/v1/orders`);
    await operation.getByRole("button", { name: "Execute" }).click();
    const response = await answered;
    assert.equal(response.status(), 201, await response.text());
    await operation.locator(".live-responses-table").getByText("201", { exact: true }).waitFor();
    await operation.getByText('"client_order_id"').first().waitFor();
    await page.close();
    assert.deepEqual(faults, []);
  });
};
