import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { startPostgres } from "../local/postgres/postgres.ts";
import { serverIdentity } from "../local/postgres/postgres-user.ts";

// The database over TLS as on a managed PostgreSQL: with a certificate of a private authority.

const folder = await mkdtemp(join(tmpdir(), "brokerx-tls-"));
await chmod(folder, 0o755);

const openssl = (...args: string[]): void => {
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
};
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A certificate authority; clients trust `<name>.crt`. */
const createAuthority = (name: string): void =>
  openssl(
    ...["req", "-x509", ...KEY, "-days", "2", "-subj", `/CN=${name}`],
    ...["-keyout", `${name}.key`, "-out", `${name}.crt`],
  );

/** A certificate for one host name, signed by the authority. */
const createServerCertificate = async (host: string): Promise<void> => {
  openssl(...["req", ...KEY, "-subj", "/CN=server", "-keyout", "server.key"], "-out", "csr");
  await writeFile(join(folder, "san"), `subjectAltName=DNS:${host}\n`);
  openssl(
    ...["x509", "-req", "-in", "csr", "-CA", "authority.crt", "-CAkey", "authority.key"],
    ...["-CAcreateserial", "-days", "2", "-extfile", "san", "-out", "server.crt"],
  );
  const key = join(folder, "server.key");
  await chmod(key, 0o600);
  const identity = await serverIdentity([folder]);
  if (identity !== undefined) await chown(key, identity.uid, identity.gid);
};

const urlWith = (url: string, mode: string, authority: string): string =>
  `${url}?sslmode=${mode}&sslrootcert=${join(folder, `${authority}.crt`)}`;

const isEncrypted = async (url: string): Promise<boolean | undefined> => {
  const database = openDatabase({ url, poolSize: 1, applicationName: "tls" });
  try {
    const { rows } = await database.query<{ readonly ssl: boolean }>(
      sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`,
    );
    return rows[0]?.ssl;
  } finally {
    await database.end();
  }
};

createAuthority("authority");
createAuthority("stranger");
await createServerCertificate("localhost");
const server = await startPostgres({
  ...{ folder: join(folder, "postgres"), port: await freePort(), password: "test" },
  settings: {
    ssl: "on",
    ssl_cert_file: join(folder, "server.crt"),
    ssl_key_file: join(folder, "server.key"),
  },
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
const byAddress = server.url("postgres");
const byName = byAddress.replace("127.0.0.1", "localhost");

test("a server whose certificate matches its name is accepted over TLS", async () => {
  assert.equal(await isEncrypted(urlWith(byName, "verify-full", "authority")), true);
});

test("a certificate of an unknown authority, or for another host, is refused", async () => {
  await assert.rejects(isEncrypted(urlWith(byName, "verify-full", "stranger")), /certificate/i);
  await assert.rejects(isEncrypted(urlWith(byAddress, "verify-full", "authority")), /altnames/i);
});
