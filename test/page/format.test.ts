import assert from "node:assert/strict";
import { test } from "node:test";
import { failedCheck, passedCheck } from "../../web/src/checks.ts";
import { deviceOf } from "../../web/src/device.ts";
import { money, percent, readable, yearly } from "../../web/src/format.ts";
import { type FigureKind, readFigure } from "../../web/src/typed.ts";

test("money and rates keep every digit of the API", () => {
  assert.equal(money("1234567.5000"), "1,234,567.5000");
  assert.equal(money("-1000.00"), "-1,000.00");
  assert.equal(money(null), "–");
  assert.equal(percent("0.039500"), "3.95 %");
  assert.equal(percent("-0.001234"), "-0.1234 %");
  assert.equal(percent("12.5"), "1,250.00 %");
  assert.equal(percent(null), "–");
});

test("a rate for a year has two decimals, and no figure when the period is too short for one", () => {
  assert.equal(yearly("0.123456"), "12.35 %");
  assert.equal(yearly("-0.500049"), "-50.00 %");
  assert.equal(yearly("-0.00003"), "0.00 %");
  assert.equal(yearly("10.000000"), "1,000.00 %");
  assert.match(yearly("240485.380035"), /^more than 1,000 %/);
  assert.match(yearly("-0.999999"), /^less than −99 %/);
  assert.equal(yearly(null), "–");
});

test("numbers in a sentence of the API get separators; nothing else changes", () => {
  assert.equal(readable("1 to 1000000"), "1 to 1,000,000");
  assert.equal(readable("107000.00 to 1353.1234"), "107,000.00 to 1,353.1234");
  const id = "order 00000000-0000-7000-8000-000000000101 has ended";
  assert.equal(readable(id), id);
  assert.doesNotMatch(readable("opens at 2026-11-30T14:30:00.000Z"), /T14:30/);
});

test("a typed figure may have thousands separators; anything else has its reason", () => {
  const figures: readonly (readonly [kind: FigureKind, typed: string, read: string | RegExp])[] = [
    ["cash", "10,000", "10000"],
    ["cash", " 1 000 000.00 ", "1000000.00"],
    ["cash", "1\u00a0000.5", "1000.5"],
    ["cash", "0.01", "0.01"],
    ["cash", "1,5", /Write decimals with a point/],
    ["cash", "0,500", /Write decimals with a point/],
    ["cash", "1,000 000", /Write decimals with a point/],
    ["cash", "1.000,50", /Write decimals with a point/],
    ["cash", "10,00", /Write decimals with a point/],
    ["cash", "1 00", /Enter an amount/],
    ["cash", "100\t250", /Enter an amount/],
    ["cash", "-5", /Enter an amount/],
    ["cash", "0.00", /above zero/],
    ["cash", "0.001", /At most 2 decimals/],
    ["cash", "1,000,000.01", /At most 1,000,000\.00/],
    ["price", "1,234.5678", "1234.5678"],
    ["price", "1,234,567", "1234567"],
    ["price", "101,250", /Write decimals with a point/],
    ["price", "1.23456", /At most 4 decimals/],
    ["price", "ten", /Enter a price/],
    ["price", "99999999999999", /too large/],
    ["amount", "99,999,999.1234", "99999999.1234"],
    ["amount", "0", "0"],
    ["amount", "1,5", /Write decimals with a point/],
    ["amount", "1.23456", /At most 4 decimals/],
    ["amount", "much", /Enter an amount/],
    ["whole", "5,000", "5000"],
    ["whole", "0", "0"],
    ["whole", "2.5", /without decimals/],
    ["whole", "many", /Enter a whole number, such/],
    ["shares", "1,000", "1000"],
    ["shares", "007", "7"],
    ["shares", "2.5", /parts of a share/],
    ["shares", "0", /above zero/],
    ["shares", "2e3", /whole number/],
    ["shares", "99999999999999999", /too large/],
  ];
  for (const [kind, typed, read] of figures) {
    const { value, fault } = readFigure(kind, typed);
    if (typeof read === "string") assert.deepEqual([value, fault], [read, undefined], typed);
    else {
      assert.equal(value, undefined, typed);
      assert.match(fault ?? "", read, typed);
    }
  }
  assert.deepEqual(readFigure("price", "  "), {});
});

test("a check of an order reads as a sentence with its figures", () => {
  const funds = { check: "buying_power", code: "insufficient_funds", limit: "9501.20" };
  assert.equal(
    passedCheck({ ...funds, value: "500.00" }),
    "It needs 500.00 of 9,501.20 available.",
  );
  assert.equal(
    failedCheck({ ...funds, value: "60010.00" }),
    "There is not enough cash for this. This needs 60,010.00; 9,501.20 is available.",
  );
  const unknown = { check: "new_check", code: "new_code", limit: "1", value: "2" };
  assert.equal(passedCheck(unknown), "New check");
  assert.equal(failedCheck(unknown), "New code");
});

test("the list of sessions names the browser and system, or the program, of each session", () => {
  const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
  const names: readonly (readonly [agent: string, name: string | undefined])[] = [
    [`Mozilla/5.0 (X11; Linux x86_64) ${chrome}`, "Chrome on Linux"],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/143.0.0.0`, "Edge on Windows"],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome}`, "Chrome on Android"],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
      "Safari on macOS",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
      "Safari on iPhone",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    ["curl/8.5.0", "curl"],
    ["<img src=x onerror=alert(1)>", undefined],
    ["", undefined],
  ];
  for (const [agent, name] of names) assert.equal(deviceOf(agent), name, agent);
});
