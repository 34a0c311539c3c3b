import pg from "pg";

/**
 * The address of the PostgreSQL server of this test file. The test runner starts a server for each of
 * its workers, and a worker runs one file at a time. So no other file's transactions hold back what a
 * file watches, for example the removal of old rows.
 */
export const testServer = (): string => {
  const servers = process.env["BROKERX_TEST_SERVERS"]?.split(" ") ?? [];
  const server = servers[Number(process.env["NODE_TEST_WORKER_ID"] ?? 1) - 1];
  if (!server) throw new Error("This test needs PostgreSQL. Run it with: npm test -- <file>");
  return server;
};

/** Runs one statement as the server's owner, to create and drop databases. */
export const execute = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/**
 * Lets tests connect with the roles of services, and lets the owner end such connections, which it
 * must do to drop a database.
 */
export const openRoles = async (
  url: string,
  roles: readonly string[],
  password: string,
): Promise<void> => {
  for (const role of roles)
    await execute(
      url,
      `alter role brokerx_${role} password '${password}'; grant brokerx_${role} to current_user`,
    );
};

/**
 * Closes a database: ends the connections of clients and refuses new ones. PostgreSQL's own workers,
 * for example autovacuum, stay: the owner of the server may not end them.
 */
export const closeToClients = async (server: string, name: string): Promise<void> => {
  await execute(server, `alter database ${name} allow_connections false`);
  await execute(
    server,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = '${name}' and backend_type = 'client backend'`,
  );
};
