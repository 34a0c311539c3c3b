import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launchBrowser } from "../support/browser.ts";
import { type System, startSystem } from "./system.ts";
import { newVisitor, type Visitor } from "./visitor.ts";

// `npm run screenshots`: pictures of the pages in both themes, wide and on a phone, into .build/screenshots.
// With `-- --docs` it makes the pictures of the documentation instead, into docs/pictures.

const { values } = parseArgs({ options: { docs: { type: "boolean", default: false } } });
const ROOT = join(import.meta.dirname, "../..");
const OUT = join(ROOT, values.docs ? "docs/pictures" : ".build/screenshots");
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
const DOCS_SIZE = { width: 1280, height: 800 };

/** Orders of the demo client, so that there is something to see. */
const trade = async (system: System): Promise<void> => {
  const orders = [
    { direction: "buy", quantity: 120 },
    { direction: "sell", quantity: 45 },
    { direction: "buy", quantity: 300, price: "98.50" },
    { direction: "sell", quantity: 250, price: "101.75" },
  ];
  for (const order of orders)
    await system.call("demo@brokerx.local", "POST", "/api/v1/orders", {
      order: {
        ...{ symbol: "AAPL", order_type: "price" in order ? "limit" : "market" },
        ...order,
      },
    });
};

const open = async ({ page, visit }: Visitor, path: string): Promise<void> => {
  await visit(path);
  if (path.startsWith("/trade")) await page.locator('[data-book-state="live"]').waitFor();
  if (path === "/reports") await page.getByRole("button", { name: "Show report" }).click();
};

const take = async (visitor: Visitor, paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    await open(visitor, path);
    for (const theme of ["light", "dark"] as const)
      for (const { name, width } of SIZES) {
        await visitor.look({ width, theme });
        await visitor.page.waitForTimeout(500); // charts draw at their next frames
        const file = `${path.split("/")[1]}-${name}-${theme}.png`;
        await visitor.page.screenshot({ path: join(OUT, file), fullPage: name === "phone" });
      }
  }
};

const takeForDocs = async (client: Visitor): Promise<void> => {
  const pictures = [
    ["trade-light.png", "/trade/AAPL", "light"],
    ["portfolio-dark.png", "/portfolio", "dark"],
    ["report.png", "/reports", "light"],
  ] as const;
  for (const [file, path, theme] of pictures) {
    await open(client, path);
    await client.page.setViewportSize(DOCS_SIZE);
    await client.page.emulateMedia({ colorScheme: theme });
    await client.page.waitForTimeout(2_000);
    await client.page.screenshot({ path: join(OUT, file) });
  }
};

await mkdir(OUT, { recursive: true });
const [system, browser] = await Promise.all([startSystem([]), launchBrowser()]);
await trade(system);
const client = await newVisitor(browser, system);
if (values.docs) {
  await client.logIn("Demo");
  await takeForDocs(client);
} else {
  await take(client, ["/login", "/signup"]);
  await client.logIn("Demo");
  await take(client, CLIENT_PAGES);
  const operator = await newVisitor(browser, system);
  await operator.logIn("Operator");
  await take(operator, ["/operator"]);
}
await browser.close();
await system.stop();
console.log(`The pictures are in ${OUT}`);
