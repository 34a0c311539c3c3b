import assert from "node:assert/strict";
import { test } from "node:test";
import { logIn, newClient, PASSWORD } from "./account.ts";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

const NEXT_PASSWORD = "another four words 44";

export const personTests = (world: () => World): void => {
  test("a client changes name, password and e-mail address, and ends another session", async () => {
    const { system, browser } = world();
    const { visitor, person } = await newClient(world());
    const { page } = visitor;
    const elsewhere = await newVisitor(browser, system);
    await logIn(world(), elsewhere.page, person.email, PASSWORD);

    await visitor.visit("/settings");
    const sessions = page.getByRole("region", { name: "Sessions" });
    await sessions.getByRole("row", { name: /This session/ }).waitFor();
    await sessions.getByRole("button", { name: /^End session/ }).click();
    await elsewhere.page.waitForURL("**/login", { timeout: 15_000 });
    elsewhere.expect(/status of 401|WebSocket/);
    await elsewhere.leave();

    const profile = page.getByRole("form", { name: "Profile" });
    await profile.getByLabel("First name").fill("Zora");
    await profile.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your profile is saved.").waitFor();
    await page.getByRole("link", { name: `Logged in as Zora ${person.lastName}` }).waitFor();

    const password = page.getByRole("form", { name: "Password" });
    await password.getByLabel("Current password").fill(PASSWORD);
    await password.getByLabel("New password").fill(NEXT_PASSWORD);
    await password.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Your password is changed.").waitFor();

    const address = `new-${person.email}`;
    const email = page.getByRole("form", { name: "E-mail address" });
    await email.getByLabel("New e-mail address").fill(address);
    await email.getByRole("button", { name: "Change e-mail address" }).click();
    await page.getByText("Open the link in the mail to the new address").waitFor();
    await page.goto(await system.readMail(address, /(http\S+token=\S+)/));
    await page.getByRole("button", { name: "Confirm my e-mail address" }).click();
    await page.getByText("Your new e-mail address is confirmed.").waitFor();

    const fresh = await newVisitor(browser, system);
    await logIn(world(), fresh.page, address, NEXT_PASSWORD);
    await fresh.page.getByRole("link", { name: "Logged in as Zora" }).waitFor();
    await fresh.leave();
    assert.match(await system.readMail(person.email, /address.*changed|changed/), /changed/);
    await visitor.leave();
  });
};
