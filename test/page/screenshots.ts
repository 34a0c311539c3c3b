import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launchBrowser } from "../support/browser.ts";
import { startSystem } from "./system.ts";
import { newVisitor, type Visitor } from "./visitor.ts";

// `npm run screenshots`: pictures of the pages in both themes, wide and on a phone, into .build/screenshots.

const OUT = join(import.meta.dirname, "../../.build/screenshots");
const CLIENT_PAGES = [
  "/trade/AAPL",
  "/portfolio",
  "/activity",
  "/transfers",
  "/reports",
  "/settings",
];
const SIZES = [
  { name: "wide", width: 1440 },
  { name: "phone", width: 390 },
];

const take = async (visitor: Visitor, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    await visitor.visit(path);
    if (path.startsWith("/trade")) await visitor.page.locator('[data-book-state="live"]').waitFor();
    for (const theme of ["light", "dark"] as const)
      for (const { name, width } of SIZES) {
        await visitor.look({ width, theme });
        await visitor.page.waitForTimeout(500); // charts draw at their next frames
        const file = `${path.split("/")[1]}-${name}-${theme}.png`;
        await visitor.page.screenshot({ path: join(OUT, file), fullPage: name === "phone" });
      }
  }
};

await mkdir(OUT, { recursive: true });
const [system, browser] = await Promise.all([startSystem([]), launchBrowser()]);
const client = await newVisitor(browser, system);
await take(client, ["/login", "/signup"]);
await client.logIn("Demo");
await take(client, CLIENT_PAGES);
const operator = await newVisitor(browser, system);
await operator.logIn("Operator");
await take(operator, ["/operator"]);
await browser.close();
await system.stop();
console.log(`The pictures are in ${OUT}`);
