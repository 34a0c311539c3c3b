import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code that an authenticator app shows for a secret (RFC 6238), a number of 30-second steps from now. */
const totp = (secret: string, stepsFromNow = 0): string => {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0"));
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsFromNow));
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  const code = (digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
  return String(code).padStart(6, "0");
};

const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

export const settingsTests = (world: () => World): void => {
  test("an authenticator app is turned on with its QR code, and off again by a recovery code", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Alice");
    await visitor.visit("/settings");
    const app = section(visitor.page, "Authenticator app");
    await app.getByRole("button", { name: "Set up an authenticator app" }).click();
    await app.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    const secret = await app.getByRole("code").textContent();
    await app.getByLabel("Code", { exact: true }).fill(totp(secret ?? ""));
    await app.getByRole("button", { name: "Turn on" }).click();
    await app.getByText("Every login asks for a code of your authenticator app").waitFor();
    const recovery = await app.getByRole("code").allTextContents();
    assert.equal(recovery.length, 10);
    await visitor.checkAccessibility("recovery codes");
    await app.getByLabel("Code", { exact: true }).fill(recovery[0] ?? "");
    await app.getByRole("button", { name: "Remove the authenticator app" }).click();
    await app.getByRole("button", { name: "Set up an authenticator app" }).waitFor();
    await visitor.leave();
  });

  test("an API key is shown once, works, and is revoked", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Demo");
    await visitor.visit("/settings");
    const keys = section(visitor.page, "API keys");
    const name = `bot ${Date.now()}`;
    await keys.getByLabel("Name").fill(name);
    await keys.getByRole("button", { name: "Create key" }).click();
    const key = (await keys.locator("[data-api-key]").textContent()) ?? "";
    await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await keys.getByRole("button", { name: "Copy: API key" }).click();
    await visitor.page.getByText("Copied: API key").waitFor();
    assert.equal(await visitor.page.evaluate(() => navigator.clipboard.readText()), key);
    const headers = { apikey: "brokerx-key-123", authorization: `Bearer ${key}` };
    const reply = await fetch(`${system.page}/api/v1/portfolio`, { headers });
    assert.equal(reply.status, 200);
    await keys.getByRole("button", { name: `Revoke ${name}` }).click();
    await keys.getByRole("row", { name }).waitFor({ state: "detached" });
    await visitor.leave();
  });

  test("an API key with an expiry and an allowed network is refused elsewhere", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Demo");
    await visitor.visit("/settings");
    const keys = section(visitor.page, "API keys");
    const name = `office ${Date.now()}`;
    await keys.getByLabel("Name").fill(name);
    await keys.getByLabel("Expires").fill("2035-05-06T07:08");
    await keys.getByLabel("Allowed addresses").fill("203.0.113.0/24, nonsense");
    await keys.getByRole("button", { name: "Create key" }).click();
    await keys.locator("input[aria-invalid]").waitFor();
    await keys.getByLabel("Allowed addresses").fill("203.0.113.0/24");
    await keys.getByRole("button", { name: "Create key" }).click();
    const key = (await keys.locator("[data-api-key]").textContent()) ?? "";
    await keys
      .getByRole("row", { name: new RegExp(`${name}.*2035.*203\\.0\\.113\\.0/24`) })
      .waitFor();
    const headers = { apikey: "brokerx-key-123", authorization: `Bearer ${key}` };
    const response = await fetch(`${system.page}/api/v1/portfolio`, { headers });
    assert.equal(response.status, 401);
    await keys.getByRole("button", { name: `Revoke ${name}` }).click();
    await keys.getByRole("row", { name }).waitFor({ state: "detached" });
    visitor.expect(/status of 422/);
    await visitor.leave();
  });

  test("a withdrawal is pending, then completed, without a reload", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Demo");
    await visitor.visit("/transfers");
    await section(visitor.page, "Withdraw").getByLabel("Amount in USD").fill("12.50");
    await visitor.page.getByRole("button", { name: "Withdraw", exact: true }).click();
    await visitor.page.getByText("A withdrawal of 12.50 USD is on its way.").waitFor();
    const row = section(visitor.page, "Withdrawals")
      .getByRole("row", { name: /12\.50/ })
      .first();
    await row.filter({ hasText: "Completed" }).waitFor({ timeout: 20_000 });
    await visitor.visit("/activity");
    await visitor.page.getByLabel("Show", { exact: true }).selectOption("withdrawal");
    for (const status of ["Pending", "Completed"]) {
      const name = `Withdrawal of 12.50 USD: ${status}`;
      await visitor.page.getByRole("row", { name }).first().waitFor();
    }
    await visitor.leave();
  });

  test("an amount that cannot be sent has its reason, and a cancelled withdrawal says by whom", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/transfers");
    const withdraw = section(page, "Withdraw");
    await withdraw.getByLabel("Amount in USD").fill("77.70");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Cancel the withdrawal of 77.70 USD" }).click();
    await page.getByRole("row", { name: /77\.70 Cancelled by you/ }).waitFor();
    await withdraw.getByLabel("Amount in USD").fill("1,5");
    await page.keyboard.press("Enter");
    await withdraw.getByText("Write decimals with a point, as in 1.5.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Withdraw", exact: true }).isEnabled());
    await visitor.checkAccessibility("a wrong amount");
    await withdraw.getByLabel("Amount in USD").fill("1,000,000.01");
    await page.keyboard.press("Tab");
    await withdraw.getByText("At most 1,000,000.00 can be moved at once.").waitFor();
    await visitor.leave();
  });

  test("a new deposit removes the success of the last one, also when its amount is wrong", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/transfers");
    const amount = section(page, "Deposit").getByLabel("Amount in USD");
    const success = page.getByText("10.00 USD is in your account.");
    await amount.fill("10");
    await page.keyboard.press("Enter");
    await success.waitFor();
    await amount.fill("0");
    await page.keyboard.press("Enter");
    await page.getByText("Enter a number above zero.").waitFor();
    assert.equal(await success.count(), 0);
    await visitor.leave();
  });

  test("a refused change of the profile removes the success of the last one", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    visitor.expect(/status of 422/);
    await visitor.logIn("Demo");
    await visitor.visit("/settings");
    const profile = section(page, "Profile");
    const save = profile.getByRole("button", { name: "Save" });
    await save.click();
    await profile.getByText("Your profile is saved.").waitFor();
    const usual = await profile.getByLabel("Last name").inputValue();
    await profile.getByLabel("Last name").fill("");
    await save.click();
    await profile.locator("input[aria-invalid]").waitFor();
    assert.equal(await profile.getByText("Your profile is saved.").count(), 0);
    await profile.getByLabel("Last name").fill(usual);
    await save.click();
    await profile.getByText("Your profile is saved.").waitFor();
    await visitor.leave();
  });

  test("a statement is read on the page and saved as CSV and PDF", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    await visitor.logIn("Demo");
    await visitor.visit("/reports");
    await page.getByRole("button", { name: "Show report" }).click();
    await section(page, "Activities").getByRole("cell", { name: "1,000,000.00" }).first().waitFor();
    for (const [name, start] of [
      ["Download CSV", "text"],
      ["Download PDF", "%PDF"],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name }).click(),
      ]);
      const saved = await readFile(await download.path(), "latin1");
      assert.ok(start === "text" ? saved.includes("1000000.00") : saved.startsWith(start));
    }
    await page.getByLabel("Report", { exact: true }).selectOption("pnl");
    await page.getByRole("button", { name: "Show report" }).click();
    await section(page, "Profit and loss").waitFor();
    await page.getByLabel("Report", { exact: true }).selectOption("equity");
    await page.getByRole("button", { name: "Show report" }).click();
    await section(page, "Equity").getByText("Time-weighted return").waitFor();
    await visitor.checkAccessibility("a report");
    await visitor.leave();
  });

  test("an action long after the login asks for a code first", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    visitor.expect(/status of 403/);
    await visitor.logIn("Bob");
    let refused = false;
    await visitor.page.route("**/api/v1/api_keys", async (route) => {
      if (route.request().method() !== "POST" || refused) return route.continue();
      refused = true;
      const body = { code: "step_up_required", detail: "Prove that it is you." };
      return route.fulfill({ status: 403, contentType: "application/problem+json", json: body });
    });
    await visitor.visit("/settings");
    const keys = section(visitor.page, "API keys");
    const since = new Date();
    await keys.getByLabel("Name").fill("late");
    await keys.getByRole("button", { name: "Create key" }).click();
    const dialog = visitor.page.getByRole("dialog");
    await dialog.getByLabel("Code", { exact: true }).waitFor();
    await visitor.checkAccessibility("step-up");
    const code = await system.readMail("bob@brokerx.local", /code is ([0-9]{6})/, since);
    await dialog.getByLabel("Code", { exact: true }).fill(code);
    await dialog.getByRole("button", { name: "Confirm" }).click();
    await keys.locator("[data-api-key]").waitFor();
    await keys.getByRole("button", { name: "Revoke late" }).first().click();
    await visitor.leave();
  });
};
