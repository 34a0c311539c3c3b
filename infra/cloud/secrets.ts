import { z } from "zod";
import { ROLES } from "../postgres/roles.ts";

// The secrets that the stack generates. CloudFormation reads a secret again only when the text of the
// reference to it changes. So a new value is always a new secret with a new name.

/** The name of the secret that holds a role's password. */
export const passwordSecret = (role: string): string =>
  `${role.replace(/^./, (first) => first.toUpperCase())}Password`;

const version = z.string().regex(/^[1-9]\d{0,3}$/, "is a number from 1 to 9999");

/** Generations that are in use at the same time: the first protects, every one is accepted. */
const keys = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(version).max(3, "has at most three keys"))
  .refine((chosen) => new Set(chosen).size === chosen.length, "names a key twice");

const versions = z.object({ passwords: version, mailKey: keys, jwtKeys: keys });

/** Which generations of each secret are in use. */
export type SecretVersions = z.infer<typeof versions>;

/** Reads the parameters of a deployment that choose generations of secrets. */
export const parseSecretVersions = (parameters: Readonly<Record<string, unknown>>) => {
  const text = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, String(value)]),
  );
  const parsed = versions.safeParse(text);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`The parameter ${String(issue?.path[0])} is not usable: it ${issue?.message}.`);
};

/** The first generation has the plain name, so that a stack from before keeps its secrets. */
const named = (name: string, generation: string): string =>
  generation === "1" ? name : `${name}${generation}`;

const JWT_SECRET = "JwtSecret";
const MAIL_SECRET = "MailSecret";

/** The names of all secrets that are in use. */
export const secretNames = ({ passwords, mailKey, jwtKeys }: SecretVersions): readonly string[] => [
  ...["owner", ...ROLES].map((role) => named(passwordSecret(role), passwords)),
  named("EdgeSecret", passwords),
  ...mailKey.map((key) => named(MAIL_SECRET, key)),
  ...jwtKeys.map((key) => named(JWT_SECRET, key)),
];

/** A reference that CloudFormation resolves when it deploys, inside of an `Fn::Sub`. */
const reference = (name: string): string =>
  `{{resolve:secretsmanager:\${${name}}:SecretString:value}}`;

export const ownerPassword = ({ passwords }: SecretVersions): string =>
  reference(named(passwordSecret("owner"), passwords));

/** What CloudFront sends to show that a request came through it. */
export const edgeSecret = ({ passwords }: SecretVersions): string =>
  reference(named("EdgeSecret", passwords));

/**
 * The secrets that functions and tasks need, by the names of the attributes with which the
 * migration passes them on: a template may contain at most 60 references, and there are more
 * functions.
 */
export const handedOn = (chosen: SecretVersions): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    ROLES.map(passwordSecret).map((name) => [name, reference(named(name, chosen.passwords))]),
  ),
  EdgeSecret: edgeSecret(chosen),
  MailSecret: chosen.mailKey.map((key) => reference(named(MAIL_SECRET, key))).join(","),
  JwtKeys: chosen.jwtKeys
    .map((key) => `cloud-${key}=${reference(named(JWT_SECRET, key))}`)
    .join(","),
});
