import { texts } from "../../texts.ts";
import { MailForm } from "./mail-form.tsx";

export const ForgotPage = () => (
  <MailForm text={texts.forgot} route="/api/v1/auth/password/forgot" />
);
