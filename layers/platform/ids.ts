import { randomFillSync } from "node:crypto";

/** Creates a unique identifier. */
export type NewId = () => string;

/** A request to the system for random bytes costs the same for thousands of bytes as for ten. */
const CHANCE = Buffer.alloc(8_190);
const BYTES = 10;
let used = CHANCE.length;

/** A UUID version 7 (RFC 9562 §5.7): sorts by time, so that indexes grow at one end. */
export const newUuid: NewId = () => {
  if (used === CHANCE.length) {
    randomFillSync(CHANCE);
    used = 0;
  }
  CHANCE[used] = 0x70 | ((CHANCE[used] ?? 0) & 0x0f);
  CHANCE[used + 2] = 0x80 | ((CHANCE[used + 2] ?? 0) & 0x3f);
  const time = Date.now().toString(16).padStart(12, "0");
  const chance = CHANCE.toString("hex", used, used + BYTES);
  used += BYTES;
  return `${time.slice(0, 8)}-${time.slice(8)}-${chance.slice(0, 4)}-${chance.slice(4, 8)}-${chance.slice(8)}`;
};
