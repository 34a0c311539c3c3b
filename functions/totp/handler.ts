import { type Call, endpoint } from "../../layers/http/endpoint.ts";
import {
  tooManyAttempts,
  totpInUse,
  wrongCode,
} from "../../layers/http/identity/identity-problems.ts";
import type { Problem } from "../../layers/http/problem.ts";
import { qrCode, totpUri } from "../../layers/platform/credentials/totp.ts";
import { runtime } from "../../layers/runtime.ts";
import { beginTotpContract, confirmTotpContract, removeTotpContract } from "./contract.ts";
import { beginTotp, type Caller, endTotp, finishTotp, type TotpRefusal } from "./totp.ts";

export const beginHandler = endpoint(runtime, beginTotpContract, async (call) => {
  const outcome = await beginTotp(runtime, { clientId: call.client });
  if (!outcome.ok) throw refused(outcome.failure);
  const { secret, email } = outcome.value;
  const uri = totpUri(secret, email);
  return { status: 201, body: { secret, otpauth_uri: uri, qr_code: await qrCode(uri) } };
});

export const confirmHandler = endpoint(runtime, confirmTotpContract, async (call) => {
  const outcome = await finishTotp(runtime, { ...callerOf(call), code: call.body.code });
  if (!outcome.ok) throw refused(outcome.failure);
  return { status: 200, body: { recovery_codes: outcome.value } };
});

export const removeHandler = endpoint(runtime, removeTotpContract, async (call) => {
  const outcome = await endTotp(runtime, { ...callerOf(call), code: call.body.code });
  if (!outcome.ok) throw refused(outcome.failure);
  return { status: 204 };
});

const callerOf = ({
  client,
  credential,
  correlationId,
}: Call<unknown, unknown, unknown>): Caller => ({
  clientId: client,
  sessionId: credential.id,
  correlationId,
});

const refused = (failure: TotpRefusal): Problem => {
  switch (failure.code) {
    case "totp_in_use":
      return totpInUse();
    case "wrong_code":
      return wrongCode();
    case "too_many_attempts":
      return tooManyAttempts(failure.retryAfterSeconds);
  }
};
