import { after, before, test } from "node:test";
import { launchBrowser, missingBrowser } from "../support/browser.ts";
import { accessibilityTests } from "./accessibility.ts";
import { accountTests } from "./account.ts";
import { feelTests } from "./feel.ts";
import { hostileTests } from "./hostile.ts";
import { marketStateTests } from "./market-state.ts";
import { operatorTests } from "./operator.ts";
import { personTests } from "./person.ts";
import { phoneTests } from "./phone.ts";
import { referenceTests } from "./reference.ts";
import { reportTests } from "./reports.ts";
import { sdkTests } from "./sdk.ts";
import { settingsTests } from "./settings.ts";
import { startSystem } from "./system.ts";
import { ticketTests } from "./ticket.ts";
import { tradeTests } from "./trade.ts";
import type { World } from "./world.ts";

// The web page in a real browser, against a whole system of its own.

let world: World | undefined;
const theWorld = (): World => {
  if (world === undefined) throw new Error("The system has not started.");
  return world;
};

if (missingBrowser !== undefined)
  test("the web page in a browser", { skip: missingBrowser }, () => {});
else {
  before(async () => {
    const [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
    world = { system, browser };
  });
  after(async () => {
    await world?.browser.close();
    await world?.system.stop();
  });
  accountTests(theWorld);
  tradeTests(theWorld);
  ticketTests(theWorld);
  marketStateTests(theWorld);
  feelTests(theWorld);
  settingsTests(theWorld);
  personTests(theWorld);
  reportTests(theWorld);
  phoneTests(theWorld);
  sdkTests(theWorld);
  referenceTests(theWorld);
  hostileTests(theWorld);
  operatorTests(theWorld);
  accessibilityTests(theWorld);
}
