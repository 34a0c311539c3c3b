import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf } from "./import-rules.ts";

const file = (path: string, ...imports: readonly string[]) => ({
  path,
  text: imports.map((target) => `import { x } from "${target}";\n`).join(""),
});

test("an import that the table allows is not a fault", () => {
  assert.deepEqual(
    faultsOf([
      file("layers/store/ledger/a.ts", "../../domain/units.ts", "../pg/database.ts", "pg"),
      file("functions/deposit/handler.ts", "../../layers/runtime.ts", "./deposit.ts"),
      file("functions/deposit/deposit.test.ts", "./deposit.ts", "../../layers/testing/x.ts"),
    ]),
    [],
  );
});

test("an import that the table does not allow is named", () => {
  const refused: readonly [from: string, target: string][] = [
    ["layers/domain/a.ts", "node:fs"],
    ["layers/domain/a.ts", "../store/pg/database.ts"],
    ["matcher/engine/a.ts", "lru-cache"],
    ["matcher/engine/a.ts", "../../layers/domain/assert.ts"],
    ["layers/http/a.ts", "../testing/http.ts"],
    ["layers/testing/a.ts", "../../infra/postgres/seed.ts"],
    ["functions/deposit/a.ts", "../login/login.ts"],
    ["functions/market-feed/main.ts", "../login/handler.ts"],
    ["functions/deposit/deposit.ts", "../../layers/runtime.ts"],
    ["matcher/a.ts", "../layers/http/problem.ts"],
    ["web/src/a.ts", "../../layers/domain/units.ts"],
    ["elsewhere/a.ts", "./b.ts"],
  ];
  for (const [path, target] of refused) {
    const [fault = ""] = faultsOf([file(path, target)]);
    assert.ok(fault.startsWith(`${path}: `), `${path} may import ${target}`);
  }
});

test("imports of types count, also over several lines", () => {
  const text = 'import type {\n  A,\n  B,\n} from "../store/orders.ts";\n';
  assert.equal(faultsOf([{ path: "layers/domain/a.ts", text }]).length, 1);
});

test("a cycle of imports is shown from its first file back to it", () => {
  assert.deepEqual(
    faultsOf([
      file("layers/http/a.ts", "./b.ts"),
      file("layers/http/b.ts", "./c.ts"),
      file("layers/http/c.ts", "./a.ts"),
      file("layers/http/d.ts", "./a.ts"),
    ]),
    [
      "Files import each other in a circle: layers/http/a.ts → layers/http/b.ts → layers/http/c.ts → layers/http/a.ts",
    ],
  );
});

test("a folder with more than twenty source files is named; tests do not count", () => {
  const files = Array.from({ length: 20 }, (_, index) => file(`layers/http/f${index}.ts`));
  const tests = files.map(({ path, text }) => ({ path: path.replace(".ts", ".test.ts"), text }));
  assert.deepEqual(faultsOf([...files, ...tests]), []);
  assert.deepEqual(faultsOf([...files, file("layers/http/more.ts")]), [
    "layers/http: 21 source files; divide folders of more than 20",
  ]);
});
