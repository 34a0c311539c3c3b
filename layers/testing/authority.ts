import { execFileSync } from "node:child_process";
import { chmod, chown, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A certificate authority for one test, in a folder. It needs the program `openssl`. */
const openssl = (folder: string, ...args: string[]): void => {
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
};
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Writes `<name>.crt`, which a client trusts, and its key. */
export const createAuthority = (folder: string, name: string): void =>
  openssl(
    folder,
    ...["req", "-x509", ...KEY, "-days", "2", "-subj", `/CN=${name}`],
    ...["-keyout", `${name}.key`, "-out", `${name}.crt`],
  );

/** Writes `server.crt` for one host name, signed by the authority, and its key for `owner` alone. */
export const createServerCertificate = async (
  folder: string,
  {
    authority,
    host,
    owner,
  }: {
    readonly authority: string;
    readonly host: string;
    readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  },
): Promise<void> => {
  openssl(
    folder,
    ...["req", ...KEY, "-subj", "/CN=server", "-keyout", "server.key"],
    "-out",
    "csr",
  );
  await writeFile(join(folder, "san"), `subjectAltName=DNS:${host}\n`);
  openssl(
    folder,
    ...["x509", "-req", "-in", "csr", "-CA", `${authority}.crt`, "-CAkey", `${authority}.key`],
    ...["-CAcreateserial", "-days", "2", "-extfile", "san", "-out", "server.crt"],
  );
  const key = join(folder, "server.key");
  await chmod(key, 0o600);
  if (owner !== undefined) await chown(key, owner.uid, owner.gid);
};
