import { fail, sleep } from "k6";
import http from "k6/http";
import { IDENTITY_URL, MAIL_URL, PASSWORD, TOKEN } from "./settings.js";

// Logs in as a client does: the password, then the code in the mail.

const TRIES = 100;
const WAIT_SECONDS = 0.1;
const JSON_BODY = { headers: { "Content-Type": "application/json" } };

/** The tokens of a buyer and a seller: TOKEN for both, or the tokens of two demo clients. */
export const logIn = () => {
  if (TOKEN !== "") return { run: runId(), buyer: TOKEN, seller: TOKEN };
  return {
    run: runId(),
    buyer: tokenOf("demo@brokerx.local"),
    seller: tokenOf("alice@brokerx.local"),
  };
};

/** The prefix of every client_order_id in this run; an id can never be used for another order. */
const runId = () => `k6-${Date.now().toString(36)}`;

const post = (path, body) =>
  http.post(`${IDENTITY_URL}/api/v1/auth${path}`, JSON.stringify(body), JSON_BODY);

const tokenOf = (email) => {
  const before = newestMail(email)?.id;
  const login = post("/login", { email, password: PASSWORD });
  if (login.status !== 200) fail(`login of ${email} answered ${login.status}: ${login.body}`);
  const code = codeFor(email, before);
  const verified = post("/verify_mfa", { challenge_id: login.json("challenge_id"), code });
  if (verified.status !== 200) fail(`the code of ${email} was refused: ${verified.body}`);
  return verified.json("token");
};

const codeFor = (email, before) => {
  for (let count = 0; count < TRIES; count += 1) {
    const mail = newestMail(email);
    const code = /code is ([0-9]{6})/.exec(mail?.text ?? "")?.[1];
    if (mail?.id !== before && code !== undefined) return code;
    sleep(WAIT_SECONDS);
  }
  return fail(`no login code for ${email} arrived at ${MAIL_URL}`);
};

/** The newest mail to an address, from the laptop's mail catcher or from Mailpit. */
const newestMail = (email) => {
  const caught = http.get(`${MAIL_URL}/api/messages`);
  if (caught.status === 200) {
    const mail = caught.json().find(({ recipient }) => recipient === email);
    return mail && { id: `${mail.received_at} ${mail.text}`, text: mail.text };
  }
  const query = encodeURIComponent(`to:"${email}"`);
  const found = http.get(`${MAIL_URL}/api/v1/search?query=${query}&limit=1`);
  if (found.status !== 200) fail(`${MAIL_URL} shows no mails: set MAIL_URL, or TOKEN`);
  const id = found.json("messages.0.ID");
  if (!id) return undefined;
  return { id, text: http.get(`${MAIL_URL}/api/v1/message/${id}`).json("Text") };
};
