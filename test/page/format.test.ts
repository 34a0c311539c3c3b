import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceOf } from "../../web/src/device.ts";
import { money, percent, readable, yearly } from "../../web/src/format.ts";

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
