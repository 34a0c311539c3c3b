import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";

const ISSUER = "BrokerX";
const STEP_SECONDS = 30;
/** A code of the step before or after is accepted, because the clocks of phones differ. */
const WINDOW = 1;
const SECRET_BYTES = 20;

/** A new secret for an authenticator app, in base32 as people type it. */
export const newTotpSecret = (): string =>
  new Secret({ buffer: new Uint8Array(randomBytes(SECRET_BYTES)).buffer }).base32;

const totpOf = (secret: string, label: string): TOTP =>
  new TOTP({ issuer: ISSUER, label, secret: Secret.fromBase32(secret), period: STEP_SECONDS });

/** The `otpauth://` address that an authenticator app reads from the QR code. */
export const totpUri = (secret: string, email: string): string => totpOf(secret, email).toString();

/**
 * The time step of a code (RFC 6238); undefined for a wrong code. The caller must remember and
 * refuse used steps, or a code that was observed could be used again.
 */
export const totpStep = (secret: string, code: string, now: Date): number | undefined => {
  const timestamp = now.getTime();
  const delta = totpOf(secret, "").validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? undefined : Math.floor(timestamp / 1_000 / STEP_SECONDS) + delta;
};

/** The code of a secret at a moment, as the app shows it. */
export const totpCode = (secret: string, now: Date): string =>
  totpOf(secret, "").generate({ timestamp: now.getTime() });

/** A QR code as an SVG image. */
export const qrCode = async (text: string): Promise<string> => {
  const { toString: draw } = await import("qrcode");
  return draw(text, { type: "svg", errorCorrectionLevel: "M", margin: 2 });
};
