import assert from "node:assert/strict";
import { test } from "node:test";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const NAME = "<img src=x onerror=alert(1)>";

const renamed = (name: string): string =>
  `update identity.client set first_name = '${name}' where email = 'bob@brokerx.local'`;

export const hostileTests = (world: () => World): void => {
  test("the hostile name of a client and the hostile id of an order are text wherever they are shown", async () => {
    const { system, browser } = world();
    // The API refuses such a name, so the test writes it to the database directly.
    await system.sql(renamed(NAME));
    await system.call("bob@brokerx.local", "POST", "/api/v1/orders", {
      order: {
        ...{ symbol: "TSLA", order_type: "limit", direction: "buy", quantity: 1, price: "240.00" },
        client_order_id: "<svg/onload=alert(2)>",
      },
    });
    const client = await newVisitor(browser, system);
    client.page.on("dialog", () => assert.fail("a script ran"));
    await client.logIn("Bob");
    await client.page.getByRole("link", { name: `Logged in as ${NAME}` }).waitFor();
    for (const path of ["/trade/TSLA", "/activity", "/settings", "/reports"]) {
      await client.visit(path);
      if (path === "/reports")
        await client.page.getByRole("button", { name: "Show report" }).click();
      await client.page.waitForLoadState("networkidle");
      assert.equal(await client.page.locator("img[src=x], svg[onload]").count(), 0, path);
    }
    const operator = await newVisitor(browser, system);
    operator.page.on("dialog", () => assert.fail("a script ran"));
    await operator.logIn("Operator");
    await operator.visit("/operator");
    await operator.page.getByLabel("Find a client by e-mail").last().fill("bob@");
    await operator.page.getByRole("button", { name: "Search" }).click();
    await operator.page.getByRole("button", { name: "Details bob@brokerx.local" }).click();
    await operator.page.getByRole("dialog").getByText(NAME).waitFor();
    await operator.page.getByRole("row", { name: /TSLA.*Buy/ }).waitFor();
    assert.equal(await operator.page.locator("img[src=x], svg[onload]").count(), 0);
    await system.sql(renamed("Bob"));
    await system.call("bob@brokerx.local", "DELETE", "/api/v1/orders");
    await client.leave();
    await operator.leave();
  });
};
