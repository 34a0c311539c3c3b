import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { unzipSync } from "fflate";
import { bundleWithMap } from "../../infra/cloud/bundle.ts";
import { ROOT, readTemplate, runPackage, zipOf } from "./artifacts.ts";
import { ofType, type Template } from "./template.ts";

const ZIP_BYTES_MAX = 1_000_000;
/** Functions that hash passwords bring argon2. */
const ARGON2_ZIP_BYTES_MAX = 3_000_000;
const AARCH64 = 183;

/** Checks of the zips that need nothing to run. */
export const checkPackage = (template: Template, folder: string): void => {
  test("the zips are small, and only those that need it contain argon2, built for arm64", async () => {
    const withArgon2 = [];
    for (const name of namesOf(template)) {
      const zip = await zipOf(name);
      const files = unzipSync(zip);
      const native = Object.keys(files).find((path) => path.endsWith(".node"));
      if (native !== undefined) {
        withArgon2.push(name);
        const header = Buffer.from(files[native] ?? []);
        assert.deepEqual(
          [header.toString("latin1", 1, 4), header.readUInt16LE(18)],
          ["ELF", AARCH64],
        );
      }
      const limit = native === undefined ? ZIP_BYTES_MAX : ARGON2_ZIP_BYTES_MAX;
      assert.ok(zip.length < limit, `${name} ${zip.length}`);
      const font = Object.keys(files).find((path) => path.endsWith(".ttf"));
      assert.equal(font !== undefined, name.startsWith("report"), name);
      if (font !== undefined) assert.ok(Object.keys(files).some(isFontLicense), name);
      const bundle = Buffer.from(files["index.mjs"] ?? []).toString();
      assert.doesNotMatch(bundle, /from ?"@aws-sdk|\/client-sqs\//, `${name} has the AWS SDK`);
    }
    const hashing = ["changePassword", "login", "migrateDatabase", "register", "resetPassword"];
    assert.deepEqual(withArgon2.sort(), hashing);
  });

  test("packaging again, without a network, gives the same bytes", async () => {
    const before = await fingerprints();
    runPackage(join(folder, "again"), { isolated: true });
    assert.deepEqual(await fingerprints(), before);
    const again = JSON.stringify(await readTemplate(join(folder, "again")));
    assert.equal(withoutTime(again), withoutTime(JSON.stringify(template)));
  });

  test("the source map of a bundle is made later, from the same sources", async () => {
    const name = "migrateDatabase";
    const { contents } = await bundleWithMap(name);
    const bundle = Buffer.from(contents);
    const packed = unzipSync(await zipOf(name))["index.mjs"];
    assert.ok(bundle.equals(packed ?? Buffer.of()), "the bundle is that of the zip");
    const worker = await readFile(join(ROOT, ".cloud/tasks/worker.mjs"));
    assert.ok(worker.equals((await bundleWithMap("worker")).contents));

    const statement = "throw new Error(`SECRETS has no";
    const before = bundle.toString().split(statement)[0]?.split("\n") ?? [];
    const place = `${before.length}:${(before.at(-1) ?? "").length + 1}`;
    const printed = execFileSync(process.execPath, [join(ROOT, "infra/cloud/trace.ts"), name], {
      ...{ encoding: "utf8", input: `    at secret (file:///var/task/index.mjs:${place})\n` },
    });
    const [, file = "", line] = /at secret \((.*):(\d+):\d+\)/.exec(printed) ?? [];
    assert.equal(file, "infra/cloud/migration/handler.ts", printed);
    const source = (await readFile(join(ROOT, file), "utf8")).split("\n");
    assert.ok(source[Number(line) - 1]?.includes(statement), printed);
  });
};

/** The framework puts the time of packaging into the place where a deployment stores the zips. */
const withoutTime = (text: string): string =>
  text.replaceAll(/\d{13}-\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, "<time>");

const isFontLicense = (path: string): boolean => path.endsWith("/LICENSE_FONT");

const namesOf = (template: Template): readonly string[] =>
  ofType(template, "AWS::Lambda::Function").map(([, { FunctionName }]) =>
    String(FunctionName).replace("brokerx-prod-", ""),
  );

const fingerprints = async (): Promise<readonly string[]> => {
  const paths = await Array.fromAsync(glob(".cloud/**/*.{zip,mjs,pem}", { cwd: ROOT }));
  return Promise.all(
    paths.sort().map(async (path) => {
      const hash = createHash("sha256").update(await readFile(join(ROOT, path)));
      return `${path} ${hash.digest("hex")}`;
    }),
  );
};
