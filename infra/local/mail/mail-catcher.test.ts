import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { createTransport } from "nodemailer";
import { startMailCatcher } from "./mail-catcher.ts";
import type { CaughtMail } from "./mail-page.ts";

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

const smtp = await freePort();
const page = await freePort();
let close: () => Promise<void>;
before(async () => {
  ({ close } = await startMailCatcher({ smtp, page }));
});
after(() => close());

const send = async (mail: { to: string; subject: string; text: string }): Promise<void> => {
  const transport = createTransport({ host: "127.0.0.1", port: smtp });
  await transport.sendMail({ from: "BrokerX <no-reply@brokerx.local>", ...mail });
  transport.close();
};

const ask = (path: string) => fetch(`http://127.0.0.1:${page}${path}`);

test("a script finds the newest mail first, with its link unbroken", async () => {
  const link = `http://127.0.0.1:3100/api/v1/clients/verify?token=${"x".repeat(120)}`;
  await send({ to: "ann@test.example", subject: "first", text: "one" });
  await send({ to: "bea@test.example", subject: "Confirm", text: `Open ${link} today.` });
  const mails = (await (await ask("/api/messages")).json()) as CaughtMail[];
  assert.deepEqual(
    mails.map(({ recipient, subject }) => [recipient, subject]),
    [
      ["bea@test.example", "Confirm"],
      ["ann@test.example", "first"],
    ],
  );
  assert.ok(mails[0]?.text.includes(link));
});

test("markup in a mail is shown as text and never run", async () => {
  await send({ to: "eve@test.example", subject: "<script>alert(1)</script>", text: "<img src=x>" });
  const response = await ask("/");
  const html = await response.text();
  assert.ok(html.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  assert.ok(html.includes("&lt;img src=x&gt;"));
  assert.ok(!html.includes("<script>") && !html.includes("<img"));
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
});
