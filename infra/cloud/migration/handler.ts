import type { CloudFormationCustomResourceEvent, Context } from "aws-lambda";
import { z } from "zod";
import { createSeal } from "../../../layers/platform/credentials/seal.ts";
import { createLogger } from "../../../layers/platform/logger.ts";
import { prepareDatabase } from "./prepare-database.ts";

const environment = z.object({
  DATABASE_URL: z.url(),
  MAIL_SECRET: z.string(),
  PUBLIC_URL: z.url(),
  ROLE_PASSWORDS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.string(), z.string().min(1))),
});

const properties = z.object({ Administrator: z.string().default("") });

const logger = createLogger({ service: "migration", level: "info" });

/** Brings the database up to this code, as a custom resource of the stack. Deleting it keeps the data. */
export const handler = async (
  event: CloudFormationCustomResourceEvent,
  context: Context,
): Promise<void> => {
  try {
    if (event.RequestType !== "Delete") await prepare(event);
    await respond(event, context, { Status: "SUCCESS" });
  } catch (error) {
    logger.error({ err: error }, "the database could not be prepared");
    const Reason = error instanceof Error ? error.message : "The database could not be prepared.";
    await respond(event, context, { Status: "FAILED", Reason });
  }
};

const prepare = async (event: CloudFormationCustomResourceEvent): Promise<void> => {
  const env = environment.parse(process.env);
  const { Administrator } = properties.parse(event.ResourceProperties);
  const { migrations, administrator } = await prepareDatabase({
    ownerUrl: env.DATABASE_URL,
    rolePasswords: env.ROLE_PASSWORDS,
    administrator: Administrator,
    seal: createSeal(env.MAIL_SECRET),
    publicUrl: env.PUBLIC_URL,
  });
  logger.info({ migrations, administrator }, "the database is ready");
};

type Outcome =
  | { readonly Status: "SUCCESS" }
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
