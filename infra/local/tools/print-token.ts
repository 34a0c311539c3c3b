import { tokenFor } from "./token.ts";

// `npm run --silent token -- <email>`: prints a token for a demo account.

console.log(await tokenFor(process.argv[2]));
