import type { ClientId } from "../domain/identifiers.ts";

/** Who administers, and the request by which: what every administrative act is audited with. */
export const adminOf = ({
  client,
  correlationId,
}: {
  readonly client: ClientId;
  readonly correlationId: string;
}): { readonly clientId: ClientId; readonly correlationId: string } => ({
  clientId: client,
  correlationId,
});
