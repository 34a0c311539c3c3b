import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { passwordSecret } from "../../infra/cloud/secrets.ts";
import { startMailCatcher } from "../../infra/local/mail/mail-catcher.ts";
import { type PostgresServer, startPostgres } from "../../infra/local/postgres/postgres.ts";
import { serverIdentity } from "../../infra/local/postgres/postgres-user.ts";
import { startSqs } from "../../infra/local/queue/sqs.ts";
import { ROLES } from "../../infra/postgres/roles.ts";
import { openDatabase } from "../../layers/store/pg/database.ts";
import { createAuthority, createServerCertificate } from "../../layers/testing/authority.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { execute } from "../../layers/testing/server.ts";
import type { CleanUp } from "./clean-up.ts";
import { startRoad } from "./road.ts";
import type { World } from "./template.ts";

/** What a stack would find in AWS: PostgreSQL over TLS whose owner is no superuser, SQS, and mail. */
export const startSurroundings = async (folder: string, cleanUp: CleanUp) => {
  createAuthority(folder, "authority");
  const owner = await serverIdentity([folder]);
  await createServerCertificate(folder, { authority: "authority", host: "localhost", owner });
  const secrets = new Map<string, string>();
  const generated = (name: string): string => {
    const value = secrets.get(name) ?? randomBytes(24).toString("hex");
    secrets.set(name, value);
    return value;
  };
  const [databasePort, sqsPort, smtpPort, mailPort] = [
    ...[await freePort(), await freePort(), await freePort(), await freePort()],
  ] as const;
  const server = await startPostgres({
    ...{
      folder: join(folder, "postgres"),
      port: databasePort,
      password: generated("OwnerPassword"),
    },
    settings: {
      ...{ ssl: "on", ssl_cert_file: join(folder, "server.crt") },
      ssl_key_file: join(folder, "server.key"),
    },
  });
  addServer(cleanUp, server);
  const oldUrl = server.url("postgres");
  await execute(oldUrl, "create database brokerx");
  const road = await startRoad(databasePort);
  cleanUp.add("the road to PostgreSQL", road.close);
  const sqs = await startSqs(sqsPort);
  cleanUp.add("SQS", sqs.close);
  const mail = await startMailCatcher({ smtp: smtpPort, page: mailPort });
  cleanUp.add("mail", mail.close);
  const database = openDatabase({
    ...{ url: server.url("brokerx"), poolSize: 2, applicationName: "test" },
  });
  cleanUp.add("the test's connections", database.end);

  const references: Readonly<Record<string, string>> = {
    ...{ "AWS::Region": "us-east-1", "AWS::URLSuffix": "amazonaws.com" },
    WebsocketsApi: "sockets",
    CommandQueue0: `http://127.0.0.1:${sqsPort}/000000000000/brokerx-prod-commands-0.fifo`,
  };
  const attributes: Record<string, string> = {
    "Database.Endpoint.Address": "localhost",
    "Database.Endpoint.Port": String(road.port),
    "PageDistribution.DomainName": "page.example.org",
  };
  const world: World = {
    ref: (name) => references[name] ?? name,
    attribute: (name, attribute) => attributes[`${name}.${attribute}`] ?? `${name}.${attribute}`,
    secret: (id, key) => (key === "url" ? `smtp://127.0.0.1:${smtpPort}` : generated(id)),
  };
  return {
    ...{ world, road, database, authority: join(folder, "authority.crt") },
    /** Makes new values for the secrets, as new names of the secrets do. */
    renewPasswords: (): void => {
      for (const role of ["owner", ...ROLES]) secrets.delete(passwordSecret(role));
    },
    /** Sets the owner's password in the database, as RDS does after the secret has changed. */
    setOwnerPassword: () =>
      execute(oldUrl, `alter role brokerx_owner password '${generated("OwnerPassword")}'`),
    /** Keeps what a custom resource answered: its attributes. */
    keepAttributes: (resource: string, data: Readonly<Record<string, string>>): void => {
      for (const [name, value] of Object.entries(data)) attributes[`${resource}.${name}`] = value;
    },
    sqsUrl: `http://127.0.0.1:${sqsPort}`,
    mailUrl: `http://127.0.0.1:${mailPort}`,
  };
};

const addServer = (cleanUp: CleanUp, server: PostgresServer): void => {
  let hasEnded = false;
  void server.exited.then(() => {
    hasEnded = true;
  });
  cleanUp.add("PostgreSQL", server.stop);
  // It leads a process group of its own.
  cleanUp.addKill(() => {
    if (!hasEnded) process.kill(-server.pid, "SIGKILL");
  });
};
