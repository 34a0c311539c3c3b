import { texts } from "../../texts.ts";
import { MailForm } from "./mail-form.tsx";

/** For a client whose address is not confirmed; the login cannot tell them so without naming clients. */
export const ResendPage = () => (
  <MailForm text={texts.resend} route="/api/v1/clients/resend_verification" />
);
