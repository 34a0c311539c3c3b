import { texts } from "../../texts.ts";

export const ResendHint = () => (
  <p class="hint">
    {texts.login.noMail} <a href="/resend">{texts.login.resend}</a>
  </p>
);
