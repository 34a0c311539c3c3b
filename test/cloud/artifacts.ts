import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { CleanUp } from "./clean-up.ts";
import { type Lambda, startLambda } from "./runtime-api.ts";
import {
  functionEnvironmentOf,
  ofType,
  parseTemplate,
  type Resource,
  type Template,
  type World,
} from "./template.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

/**
 * AWS's runtime client, or the reason why the tests that need it are skipped. When CI_REQUIRES
 * lists it, a missing client is an error.
 */
export const runtimeClient = (): { readonly path: string } | { readonly missing: string } => {
  const path = process.env["LAMBDA_RUNTIME_CLIENT"];
  if (path !== undefined && existsSync(path)) return { path };
  const missing = "aws-lambda-ric was not found: set LAMBDA_RUNTIME_CLIENT to its index.mjs";
  if ((process.env["CI_REQUIRES"] ?? "").split(",").includes("aws-lambda-ric"))
    throw new Error(`CI requires it: ${missing}`);
  return { missing };
};

/**
 * The template that `serverless package` makes without an account; BROKERX_CLOUD_PACKAGE
 * names a folder in which it has been made already.
 */
export const packageStack = async (folder: string): Promise<Template> => {
  const made = process.env["BROKERX_CLOUD_PACKAGE"];
  if (made === undefined) runPackage(folder);
  return readTemplate(made ?? folder);
};

export const readTemplate = async (folder: string): Promise<Template> =>
  parseTemplate(await readFile(join(folder, "cloudformation-template-update-stack.json"), "utf8"));

const PACKAGE_MS = 300_000;

const canIsolate = (): boolean => spawnSync("unshare", ["--net", "true"]).status === 0;

/**
 * Packages the stack into a folder. With `isolated` it has no network, where this computer allows
 * that.
 */
export const runPackage = (folder: string, { isolated = false } = {}): void => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const isolation = isolated && canIsolate() ? ["unshare", "--net"] : [];
  const [program = "", ...args] = [...isolation, process.execPath];
  execFileSync(
    program,
    [
      ...args,
      join(ROOT, "node_modules/serverless/bin/serverless.js"),
      ...["package", "--stage", "prod", "--package", folder],
      "--param=administrator=operator@example.org",
      "--param=mailKey=2,1",
      "--param=mailFrom=BrokerX <no-reply@example.org>",
    ],
    {
      ...{ cwd: ROOT, stdio: "pipe", timeout: PACKAGE_MS },
      env: { ...Object.fromEntries(inherited), HOME: folder },
    },
  );
};

/** A folder that any user may read, deleted after the tests. */
export const publicFolder = async (cleanUp: CleanUp): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-cloud-"));
  await chmod(folder, 0o755);
  cleanUp.addFolder(folder);
  return folder;
};

/** A user without privileges, if this process can run programs as that user. */
export const otherUser = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (userInfo().uid !== 0) return undefined;
  const [uid, gid] = ["-u", "-g"].map((flag) =>
    Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" })),
  );
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
};

/**
 * The functions of a packaged template, each started as Lambda would: from its zip, in a folder that it
 * cannot write, by another user, with the environment of the template and with AWS's runtime client.
 */
export const lambdaHost = async (options: {
  readonly template: Template;
  readonly world: World;
  readonly folder: string;
  readonly client: string;
  /** Replaces files that Lambda provides, such as its certificates. */
  readonly files: Readonly<Record<string, string>>;
  readonly cleanUp: CleanUp;
}) => {
  const { template, world, folder } = options;
  const node = join(folder, "node");
  await copyFile(process.execPath, node);
  await chmod(node, 0o755);
  const clientFolder = join(folder, "client");
  await cp(dirname(options.client), clientFolder, { recursive: true });
  const functions = new Map(ofType(template, "AWS::Lambda::Function"));

  /** Starts a copy of a function; `changed` replaces variables of its environment. */
  const start = async (
    resource: string,
    changed: Readonly<Record<string, string>> = {},
  ): Promise<Lambda> => {
    const properties = functions.get(resource);
    if (properties === undefined) throw new Error(`The template has no ${resource}`);
    const name = nameOf(properties);
    return startLambda({
      ...{ name, node, user: otherUser(), handler: String(properties["Handler"]) },
      cleanUp: options.cleanUp,
      folder: await unpack(name, join(folder, "functions", name)),
      client: join(clientFolder, "index.mjs"),
      environment: Object.fromEntries(
        Object.entries({ ...functionEnvironmentOf(properties, world), ...changed }).map(
          ([variable, value]) => [variable, options.files[value] ?? value],
        ),
      ),
    });
  };
  return {
    start,
    environmentOf: (resource: string) =>
      functionEnvironmentOf(functions.get(resource) ?? {}, world),
    names: [...functions.keys()],
    nameOf: (resource: string) => nameOf(functions.get(resource) ?? {}),
  };
};

/** The function's name without the stack's, which is also that of its zip. */
const nameOf = (properties: Resource["Properties"]): string =>
  String(properties["FunctionName"]).replace(/^brokerx-prod-/, "");

export const zipOf = (name: string): Promise<Buffer> =>
  readFile(join(ROOT, ".cloud/functions", `${name}.zip`));

const READ_ONLY_FOLDER = 0o555;

/** Unpacks a zip. This computer's build of argon2 is added beside the one for arm64. */
const unpack = async (name: string, folder: string): Promise<string> => {
  const files = Object.entries(unzipSync(await zipOf(name)));
  for (const [path, contents] of files) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), contents, { mode: 0o444 });
  }
  const native = `node_modules/@node-rs/argon2-linux-${process.arch}-gnu`;
  if (files.some(([path]) => path.startsWith("node_modules/@node-rs/")))
    await cp(join(ROOT, native), join(folder, native), { recursive: true });
  await chmod(folder, READ_ONLY_FOLDER);
  return folder;
};
