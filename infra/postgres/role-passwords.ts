import pg from "pg";

/**
 * Gives the roles of the services their passwords, by their names without the prefix `brokerx_`. The
 * migrations create the roles without one.
 */
export const setPasswords = async (
  ownerUrl: string,
  passwords: Readonly<Record<string, string>>,
): Promise<void> => {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const [role, password] of Object.entries(passwords))
      await client.query(
        `alter role ${client.escapeIdentifier(`brokerx_${role}`)} password ${client.escapeLiteral(password)}`,
      );
  } finally {
    await client.end();
  }
};
