import { execFileSync, spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";

/** The users that PostgreSQL's programs run as when this process is root. */
export type Identity = {
  readonly uid: number;
  readonly gid: number;
  /** Whether that user cannot enter the folders it needs, so that `setpriv` must let it through. */
  readonly escorted: boolean;
};

const otherUser = (): { readonly uid: number; readonly gid: number } => {
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) =>
        Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" })),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // There is no such user here: try the next.
    }
  }
  throw new Error("PostgreSQL does not run as root and found no user 'postgres' or 'nobody'.");
};

/** Returns whether every user may enter all the folders above this path. */
const isReachable = async (path: string): Promise<boolean> => {
  const parent = dirname(path);
  const { mode } = await stat(parent);
  if ((mode & 0o001) === 0) return false;
  return parent === path || isReachable(parent);
};

/**
 * `setpriv` of util-linux runs a program as the other user and lets it through folders that only
 * root may enter, without opening these folders to other users.
 */
const escort = ({ uid, gid }: { readonly uid: number; readonly gid: number }): string[] => [
  ...["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"],
  // access(2) ignores such a capability of a user other than root, unless this bit is set.
  "--securebits=+no_setuid_fixup",
  ...["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"],
];

/**
 * The user that PostgreSQL runs as, since it refuses to run as root: `postgres`, else `nobody`.
 * Undefined when this process is not root. Throws a message when that user cannot reach the paths
 * it needs.
 */
export const serverIdentity = async (paths: readonly string[]): Promise<Identity | undefined> => {
  if (userInfo().uid !== 0) return undefined;
  const user = otherUser();
  const reachable = await Promise.all(paths.map((path) => isReachable(resolve(path))));
  if (!reachable.includes(false)) return { ...user, escorted: false };
  const [program = "", ...args] = escort(user);
  if (spawnSync(program, [...args, "true"]).status === 0) return { ...user, escorted: true };
  throw new Error(
    `PostgreSQL does not run as root, and the user it would run as may not enter ${paths[0]}. Run BrokerX as another user, or from a folder that every user may enter.`,
  );
};

/** The command line and the spawn options that run a program as that user. */
export const commandFor = (
  identity: Identity | undefined,
  program: string,
  args: readonly string[],
) => {
  if (identity === undefined) return { command: program, args, ids: {} };
  if (!identity.escorted)
    return { command: program, args, ids: { uid: identity.uid, gid: identity.gid } };
  const [command = program, ...escorting] = escort(identity);
  return { command, args: [...escorting, program, ...args], ids: {} };
};
