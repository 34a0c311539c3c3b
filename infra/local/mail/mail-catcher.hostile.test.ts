import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createTransport } from "nodemailer";
import { freePort } from "../../../layers/testing/free-port.ts";
import {
  closeOf,
  MALFORMED_REQUESTS,
  openTcp,
  resetInEveryState,
  sendAndEnd,
} from "../../../layers/testing/hostile-client.ts";
import { until } from "../../../layers/testing/until.ts";
import { startMailCatcher } from "./mail-catcher.ts";

// Broken or malicious senders and readers. An uncaught exception would end this test process, as it
// would end the mail catcher.

const smtp = await freePort();
const page = await freePort();
const catcher = await startMailCatcher({ smtp, page });
after(catcher.close);

const readMails = async (): Promise<readonly { readonly subject: string }[]> =>
  (await (await fetch(`http://127.0.0.1:${page}/api/messages`)).json()) as {
    readonly subject: string;
  }[];

let sent = 0;
const stillCatches = async (): Promise<void> => {
  sent += 1;
  const subject = `mail ${sent}`;
  const transport = createTransport({ host: "127.0.0.1", port: smtp });
  await transport.sendMail({ from: "a@test.example", to: "b@test.example", subject, text: "x" });
  transport.close();
  assert.equal((await readMails())[0]?.subject, subject);
};

test("the mail catcher survives every malformed request to the page", async () => {
  for (const [name, bytes] of Object.entries(MALFORMED_REQUESTS))
    assert.doesNotMatch(await sendAndEnd(page, bytes), /^HTTP\/1\.1 5\d\d/, name);
  await stillCatches();
});

test("the mail catcher survives readers that reset the connection at any moment", async () => {
  const request = "GET /api/messages HTTP/1.1\r\nHost: x\r\n\r\n";
  assert.equal(await resetInEveryState(page, request), 10);
  await stillCatches();
});

const DIALOGUE = [
  "EHLO x\r\n",
  "MAIL FROM:<a@test.example>\r\n",
  "RCPT TO:<b@test.example>\r\n",
  "DATA\r\n",
  "Subject: half\r\n\r\nhalf a mail",
];

test("the mail catcher survives senders that reset after each step, and keeps no partial mail", async () => {
  for (let steps = 0; steps <= DIALOGUE.length; steps += 1) {
    const { socket, received } = await openTcp(smtp);
    const closed = closeOf(socket);
    await until(() => received().includes("220 "), "the greeting");
    for (const [index, command] of DIALOGUE.slice(0, steps).entries()) {
      const before = received().length;
      socket.write(command);
      if (index < 4) await until(() => received().length > before, `an answer to ${command}`);
    }
    socket.resetAndDestroy();
    await closed;
    await stillCatches();
  }
  assert.ok((await readMails()).every(({ subject }) => subject !== "half"));
});

test("the mail catcher survives senders that send garbage", async () => {
  const nonsense: readonly (string | Buffer)[] = [
    "GET / HTTP/1.1\r\n\r\n",
    `EHLO ${"x".repeat(100_000)}\r\n`,
    `${"x".repeat(1_000_000)}`,
    Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 7_919) % 256)),
    "MAIL FROM:<a\0b>\r\nRCPT TO:<>\r\nDATA\r\n.\r\n",
    "EHLO x\r\nSTARTTLS\r\nAUTH PLAIN x\r\n",
  ];
  for (const bytes of nonsense) {
    const { socket } = await openTcp(smtp);
    const closed = closeOf(socket);
    socket.end(bytes);
    await closed;
    await stillCatches();
  }
});
