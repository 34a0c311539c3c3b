import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { newVisitor } from "./visitor.ts";
import type { World } from "./world.ts";

export const PASSWORD = "four unrelated words 42";
let people = 0;

const newPerson = () => {
  people += 1;
  return {
    email: `person-${Date.now()}-${people}@example.org`,
    firstName: "Zoë",
    lastName: "O'Hara-Søn",
  };
};

type Person = ReturnType<typeof newPerson>;

const signUp = async (page: Page, { email, firstName, lastName }: Person): Promise<void> => {
  await page.getByRole("link", { name: "Sign up" }).click();
  await page.locator("input[name=first_name]:focus").waitFor();
  await page.keyboard.type(firstName);
  await page.getByLabel("Last name").fill(lastName);
  await page.getByLabel("Date of birth").fill("1990-12-10");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Check your e-mail" }).waitFor();
};

/** Logs in with the keyboard alone: the focus begins in the first field. */
export const logIn = async ({ system }: World, page: Page, email: string, password: string) => {
  const since = new Date();
  await page.getByLabel("E-mail").focus();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.getByLabel("Code").waitFor();
  await page.keyboard.type(await system.readMail(email, /code is ([0-9]{6})/, since));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/trade/**");
};

/** Another client offers shares that a market order can take. */
const offer = ({ system }: World, symbol: string, price: string, quantity: number) =>
  system.call("bob@brokerx.local", "POST", "/api/v1/orders", {
    order: { symbol, order_type: "limit", direction: "sell", quantity, price },
  });

const confirm = async ({ system }: World, page: Page, email: string): Promise<void> => {
  const link = await system.readMail(email, /(http\S+\/confirm\?token=\S+)/);
  await page.goto(link);
  await page.getByRole("button", { name: "Confirm my e-mail address" }).click();
  await page.getByText("Your e-mail address is confirmed.").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Log in" }).click();
};

/** A visitor who has just signed up, confirmed the address and logged in. */
export const newClient = async (world: World) => {
  const visitor = await newVisitor(world.browser, world.system);
  const person = newPerson();
  await signUp(visitor.page, person);
  await confirm(world, visitor.page, person.email);
  await logIn(world, visitor.page, person.email, PASSWORD);
  return { visitor, person };
};

/** The order ticket by keyboard: from the quantity field to the button. */
const buyByKeyboard = async (page: Page, quantity: string, price: string): Promise<void> => {
  await page.getByLabel("Quantity").focus();
  await page.keyboard.type(quantity);
  await page.keyboard.press("Tab");
  await page.keyboard.type(price);
  await page.locator('[data-preview="held"]').waitFor();
  await page.keyboard.press("Enter");
};

export const accountTests = (world: () => World): void => {
  test("a stranger signs up, confirms, logs in, deposits, buys by keyboard and logs out", async () => {
    const { visitor } = await newClient(world());
    const { page } = visitor;
    await page.getByRole("link", { name: "Deposit cash" }).click();
    await page.locator("input[name=amount]:focus").waitFor();
    await page.keyboard.type("1,000.00");
    await page.keyboard.press("Enter");
    await page.getByText("1,000.00 USD is in your account.").waitFor();
    await page.getByRole("link", { name: "Go to Trade" }).click();
    await page.getByRole("link", { name: /^AAPL/ }).click();
    await offer(world(), "AAPL", "100.50", 5);
    await page.getByText("Cash is in your account").waitFor();
    await buyByKeyboard(page, "5", "101");
    await page.getByText("Bought 5 AAPL at").waitFor({ timeout: 5_000 });
    await page.getByText("First steps").waitFor({ state: "detached" });
    await visitor.visit("/portfolio");
    await page.getByRole("row", { name: /AAPL/ }).waitFor();
    await visitor.visit("/activity");
    await page.getByRole("row", { name: /Bought 5 AAPL at.*−[45][0-9.]+ USD/ }).waitFor();
    const loggedOut = page.waitForResponse("**/api/v1/auth/logout");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login");
    await loggedOut;
    const left = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    assert.ok(!/eyJ|signed-in/.test(left), left);
    assert.deepEqual(await visitor.context.cookies(), []);
    await visitor.leave();
  });

  test("the confirmation mail is sent again from the login, and from the page of a bad link", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    visitor.expect(/status of 4/);
    const person = newPerson();
    await signUp(page, person);
    await page.reload();
    await page.getByText(`We sent a link to ${person.email}.`).waitFor();
    await page.getByRole("main").getByRole("link", { name: "Log in" }).click();
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "is wrong" }).waitFor();
    for (const begin of ["/login", "/confirm", "/confirm?token=unknown"]) {
      const since = new Date();
      await visitor.visit(begin);
      if (begin.endsWith("unknown"))
        await page.getByRole("button", { name: "Confirm my e-mail address" }).click();
      await page.getByRole("link", { name: "Send it again" }).click();
      await page.getByLabel("E-mail").fill(person.email);
      await page.getByRole("button", { name: "Send the mail again" }).click();
      await page.getByText("If the address has to be confirmed").waitFor();
      await system.readMail(person.email, /(http\S+\/confirm\?token=\S+)/, since);
    }
    await page.getByRole("link", { name: "Back to the login" }).click();
    await page.waitForURL("**/login");
    await visitor.leave();
  });

  test("a forgotten password is replaced by the mailed link", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    const person = newPerson();
    await signUp(page, person);
    await confirm(world(), page, person.email);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await page.getByText("If there is an account").waitFor();
    await page.getByRole("link", { name: "Back to the login" }).waitFor();
    await page.goto(await system.readMail(person.email, /(http\S+\/reset\?token=\S+)/));
    await page.getByRole("textbox", { name: "New password" }).fill("another four words 43");
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("main").getByRole("link", { name: "Log in" }).click();
    await logIn(world(), page, person.email, "another four words 43");
    await visitor.leave();
  });

  test("a client can request another login code, and it works", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    const { page } = visitor;
    const email = "bob@brokerx.local";
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("correct horse battery");
    const started = new Date();
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByText(`We sent a six-digit code to ${email}.`).waitFor();
    await system.readMail(email, /code is ([0-9]{6})/, started);
    const askedAgain = new Date();
    await page.getByRole("button", { name: "Send a new code" }).click();
    await page.getByText("A new code is on its way.").waitFor();
    const code = await system.readMail(email, /code is ([0-9]{6})/, askedAgain);
    await page.getByLabel("Code").fill(code);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/trade/**");
    await visitor.leave();
  });

  test("a wrong password is refused with a sentence, and the token is in no storage and no address", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    visitor.expect(/status of 401/);
    const { page } = visitor;
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    page.on("websocket", (socket) => addresses.push(socket.url()));
    await page.getByLabel("E-mail").fill("demo@brokerx.local");
    await page.getByLabel("Password").fill("not the right password");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "is wrong" }).waitFor();
    await visitor.logIn("Demo");
    await page.locator('[data-book-state="live"]').waitFor();
    const stored = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, document.cookie]),
    );
    assert.ok(!/eyJ/.test(stored), stored);
    assert.ok(addresses.some((address) => address.includes("/cable?ticket=")));
    assert.deepEqual(
      addresses.filter((address) => address.includes("eyJ")),
      [],
    );
    await visitor.leave();
  });

  test("two tabs and a reload keep the session, and logging out in one ends it in the other", async () => {
    const { system, browser } = world();
    const visitor = await newVisitor(browser, system);
    await visitor.logIn("Alice");
    const second = await visitor.context.newPage();
    await Promise.all([visitor.page.reload(), second.goto(`${system.page}/portfolio`)]);
    await visitor.page.locator('[data-book-state="live"]').waitFor();
    await second.getByRole("heading", { name: "Portfolio" }).waitFor();
    await second.getByRole("button", { name: "Log out" }).click();
    await visitor.page.waitForURL("**/login");
    await visitor.leave();
  });
};
