import type { Laptop } from "../state/config.ts";
import { signedIn, signOut } from "../state/session.ts";
import { call } from "./brokerx.ts";
import { finishLogin, startLogin } from "./sign-in.ts";

/** Logs in as a demo client the way a person would; the development gateway reads the code from the mail. */
export const logInAsDemo = async ({ password }: Laptop, email: string): Promise<void> => {
  if (signedIn.peek()) await signOut();
  const since = new Date().toISOString();
  const { challenge_id } = await startLogin(email, password);
  const query = new URLSearchParams({ email, since });
  const { code } = await call<{ readonly code: string }>("GET", `/laptop/login-code?${query}`);
  await finishLogin(challenge_id, code);
};
