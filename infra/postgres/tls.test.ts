import assert from "node:assert/strict";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createAuthority, createServerCertificate } from "../../layers/testing/authority.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { startPostgres } from "../local/postgres/postgres.ts";
import { serverIdentity } from "../local/postgres/postgres-user.ts";

// The database over TLS as on a managed PostgreSQL: with a certificate of a private authority.

const folder = await mkdtemp(join(tmpdir(), "brokerx-tls-"));
await chmod(folder, 0o755);

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

createAuthority(folder, "authority");
createAuthority(folder, "stranger");
await createServerCertificate(folder, {
  ...{ authority: "authority", host: "localhost" },
  owner: await serverIdentity([folder]),
});
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
