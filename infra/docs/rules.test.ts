import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { alarmFaults, alertFaults } from "./alerts.ts";
import { staleFaults } from "./check.ts";
import { documentedFaults, openingFaults, wordFaults } from "./documented.ts";
import { linkFaults, reachFaults } from "./links.ts";
import { type KnownNames, mentionFaults } from "./mentions.ts";
import { spellingFaults } from "./spelling.ts";

const page = (path: string, ...lines: readonly string[]) => ({ path, text: lines.join("\n") });

test("a link to a missing file or heading is a fault; a link to an existing file or heading, or to the web, is accepted", () => {
  const pages = [
    page("docs/a.md", "# A", "[b](b.md#a-step-up) [web](https://example.org) `[not](a-link.md)`"),
    page("docs/b.md", "# B", "## A step-up", "[gone](gone.md) [a](a.md#gone) [here](#b)"),
  ];
  const exists = (path: string) => pages.some((known) => known.path === path);
  assert.deepEqual(linkFaults({ pages, exists }), [
    "docs/b.md: the link gone.md leads to no file",
    "docs/b.md: the link a.md#gone leads to no heading",
  ]);
});

test("links in fenced blocks are not followed, and equal headings get numbered anchors", () => {
  const pages = [
    page(
      "docs/a.md",
      "# A",
      "## Limits",
      "## Limits",
      "[x](#limits-1)",
      "```md",
      "[y](z.md)",
      "```",
    ),
  ];
  assert.deepEqual(linkFaults({ pages, exists: () => true }), []);
});

test("a page that takes three clicks from the index is a fault", () => {
  const pages = [
    page("docs/README.md", "[a](a/README.md)"),
    page("docs/a/README.md", "[b](b.md)"),
    page("docs/a/b.md", "[c](c.md)"),
    page("docs/a/c.md", "# C"),
  ];
  assert.deepEqual(reachFaults(pages), [
    "docs/a/c.md: more than 2 clicks away from docs/README.md",
  ]);
});

const known: KnownNames = {
  words: new Set(["insufficient_funds", "order_id"]),
  variables: new Set(["JWT_KEYS"]),
  problemCodes: new Set(["insufficient_funds", "invalid_state"]),
  npmScripts: new Set(["check"]),
  exists: (path) => path === "layers/domain",
};

test("names that the code does not have are faults", () => {
  const wrong: readonly (readonly [line: string, fault: string])[] = [
    ["`insufficient_cash`", "the code has no name insufficient_cash"],
    ["`JWT_SECRETS`", "the code reads no variable JWT_SECRETS"],
    ["the answer is 422 `too_poor`", "the code has no name too_poor"],
    ["409 `stale`", "there is no problem code stale"],
    ["`npm run verify`", "package.json has no script verify"],
    ["`layers/domains`", "there is no layers/domains"],
  ];
  for (const [line, fault] of wrong)
    assert.equal(mentionFaults([page("docs/a.md", line)], known)[0], `docs/a.md: ${fault}`);
  const field = page("docs/a.md", "```json", '{"order_number": 1}', "```");
  assert.equal(mentionFaults([field], known)[0], "docs/a.md: the code has no name order_number");
});

test("names that the code has are accepted", () => {
  const right = page(
    "docs/a.md",
    "422 `insufficient_funds`, `JWT_KEYS`, `layers/domain`, `npm run check`",
  );
  assert.deepEqual(mentionFaults([right], known), []);
});

test("a code, metric, variable or route that no page describes is a fault", () => {
  const route = {
    ...{ method: "POST", path: "/api/v1/orders/{id}/cancel", summary: "", folder: "", needs: "" },
    page: "orders.md",
  };
  const wanted = {
    ...{ problemCodes: ["kill_switch"], feedCodes: ["unknown_channel"], metrics: ["hold_drift"] },
    ...{ variables: ["JWT_KEYS"], fieldCodes: ["invalid_money"], routes: [route] },
  };
  assert.deepEqual(documentedFaults([], wanted), [
    "docs/problems.md: the problem code kill_switch is not documented",
    "docs/problems.md: the field code invalid_money is not documented",
    "docs/market-feed.md: the code unknown_channel is not documented",
    "docs/metrics.md: the metric hold_drift is not documented",
    "docs/configuration.md: the variable JWT_KEYS is not documented",
    "docs/orders.md: the route POST /api/v1/orders/{id}/cancel is not documented",
  ]);
  const pages = [
    page("docs/problems.md", "`kill_switch`, `invalid_money`"),
    page("docs/market-feed.md", "`unknown_channel`"),
    page("docs/metrics.md", "`hold_drift`"),
    page("docs/configuration.md", "`JWT_KEYS`"),
    page("docs/orders.md", "`POST /orders/{order_id}/cancel`"),
  ];
  assert.deepEqual(documentedFaults(pages, wanted), []);
});

test("a page that begins without a title and a sentence is a fault", () => {
  const pages = [
    page("docs/a.md", "# A", "", "What A is for."),
    page("docs/b.md", "# B", "", "```sh", "ls", "```", "", "| a | table |"),
    page("docs/c.md", "No title."),
  ];
  assert.deepEqual(
    openingFaults(pages).map((fault) => fault.split(":")[0]),
    ["docs/b.md", "docs/c.md"],
  );
});

test("a page with an unclear pronoun such as 'somebody' is a fault, except in a decision", () => {
  const pages = [
    page("docs/a.md", "# A", "Somebody holds the lock."),
    page("docs/b.md", "# B", "Nobody holds the lock."),
    page("docs/decisions/0001-c.md", "# C", "Whoever holds the lock."),
  ];
  assert.deepEqual(
    wordFaults(pages).map((fault) => fault.split(":")[0]),
    ["docs/a.md", "docs/b.md"],
  );
});

test("an alert without a link to its section of the runbook is a fault", () => {
  const rules = (target: string) =>
    `groups: [{ rules: [{ alert: HoldDrift, annotations: { runbook_url: "${target}" } }] }]`;
  const runbook = page("docs/operating/runbook.md", "# Runbook", "## HoldDrift");
  assert.deepEqual(alertFaults(rules("docs/operating/runbook.md#holddrift"), [runbook]), []);
  assert.equal(alertFaults(rules("docs/operating/runbook.md#gone"), [runbook]).length, 1);
  assert.deepEqual(alertFaults("groups: [{ rules: [{ alert: HoldDrift }] }]", [runbook]), [
    "The alert HoldDrift has no runbook_url",
  ]);
});

test("an alarm of the cloud that the runbook does not name is a fault", () => {
  const runbook = page("docs/operating/runbook.md", "| `HoldDrift` | what to do |");
  assert.deepEqual(alarmFaults(["HoldDrift", "MatcherRuns"], [runbook]), []);
  assert.deepEqual(alarmFaults(["ServerErrors"], [runbook]), [
    "docs/operating/runbook.md: the alarm ServerErrors is not documented",
  ]);
});

test("a generated page that is missing or older than the code is a fault", async () => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-stale-"));
  try {
    await writeFile(join(folder, "fresh.md"), "now");
    await writeFile(join(folder, "old.md"), "before");
    const generated = new Map(["fresh.md", "old.md", "gone.md"].map((path) => [path, "now"]));
    assert.deepEqual(await staleFaults(generated, folder), [
      "old.md is out of date: npm run docs",
      "gone.md is out of date: npm run docs",
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a misspelled word is a fault; the project's words and code are accepted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-spelling-"));
  try {
    const file = join(folder, "page.md");
    await writeFile(
      file,
      "# Ordres\n\nThe feed is behind Kong. `recieve`\n\n```sh\nrecieve\n```\n",
    );
    const [fault = "", ...others] = spellingFaults(folder, ["page.md"]);
    assert.match(fault, /Unknown word \(Ordres\)/);
    assert.deepEqual(others, []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
