import type { Browser } from "playwright-core";
import type { System } from "./system.ts";

/** What the tests of this suite share. */
export type World = { readonly system: System; readonly browser: Browser };
