import type { CloudFormationCustomResourceEvent, Context } from "aws-lambda";
import { z } from "zod";
import { mailSecrets } from "../../../layers/platform/config/schema.ts";
import { createSeal } from "../../../layers/platform/credentials/seal.ts";
import { createLogger } from "../../../layers/platform/logger.ts";
import { ROLES } from "../../postgres/roles.ts";
import { passwordSecret } from "../secrets.ts";
import { prepareDatabase } from "./prepare-database.ts";

const environment = z.object({
  DATABASE_URL: z.url(),
  PUBLIC_URL: z.url(),
  /** The secrets, by the name of the attribute that passes each of them on. */
  SECRETS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.string(), z.string().min(1))),
});

const properties = z.object({ Administrator: z.string().default("") });

const logger = createLogger({ service: "migration", level: "info" });

/**
 * Brings the database up to this code, as a custom resource of the stack, and passes the secrets on
 * as attributes of this resource. Deleting it keeps the data.
 */
export const handler = async (
  event: CloudFormationCustomResourceEvent,
  context: Context,
): Promise<void> => {
  try {
    const Data = event.RequestType === "Delete" ? {} : await prepare(event);
    // NoEcho: CloudFormation shows asterisks instead of the values.
    await respond(event, context, { Status: "SUCCESS", NoEcho: true, Data });
  } catch (error) {
    logger.error({ err: error }, "the database could not be prepared");
    const Reason = error instanceof Error ? error.message : "The database could not be prepared.";
    await respond(event, context, { Status: "FAILED", Reason });
  }
};

type Secrets = Readonly<Record<string, string>>;

const prepare = async (event: CloudFormationCustomResourceEvent): Promise<Secrets> => {
  const { DATABASE_URL, PUBLIC_URL, SECRETS } = environment.parse(process.env);
  const { Administrator } = properties.parse(event.ResourceProperties);
  const secret = (name: string): string => {
    const value = SECRETS[name];
    if (value === undefined) throw new Error(`SECRETS has no ${name}.`);
    return value;
  };
  const { migrations, administrator } = await prepareDatabase({
    ownerUrl: DATABASE_URL,
    rolePasswords: Object.fromEntries(ROLES.map((role) => [role, secret(passwordSecret(role))])),
    administrator: Administrator,
    seal: createSeal(...mailSecrets.parse(secret("MailSecret"))),
    publicUrl: PUBLIC_URL,
    logger,
  });
  logger.info({ migrations, administrator }, "the database is ready");
  return SECRETS;
};

type Outcome =
  | { readonly Status: "SUCCESS"; readonly NoEcho: true; readonly Data: Secrets }
  | { readonly Status: "FAILED"; readonly Reason: string };

/** Tells CloudFormation, which waits for this, at the address that it sent. */
const respond = async (
  event: CloudFormationCustomResourceEvent,
  { logStreamName }: Context,
  outcome: Outcome,
): Promise<void> => {
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = event;
  const body = { PhysicalResourceId: "brokerx-database", StackId, RequestId, LogicalResourceId };
  const response = await fetch(ResponseURL, {
    method: "PUT",
    // The address is signed for a request without a content type.
    headers: { "content-type": "" },
    body: JSON.stringify({ Reason: `See the log stream ${logStreamName}`, ...body, ...outcome }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`CloudFormation answered ${response.status}.`);
};
