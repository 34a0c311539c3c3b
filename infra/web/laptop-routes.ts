import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { z } from "zod";

/**
 * What the page shows on a laptop: demo accounts to log in with, and the addresses of other pages.
 */
export const laptopPage = z.strictObject({
  clients: z.array(z.strictObject({ name: z.string(), email: z.string() })),
  password: z.string(),
  mail_url: z.string(),
  docs_url: z.string(),
});

export type LaptopPage = z.infer<typeof laptopPage>;

const API_KEY = "brokerx-key-123";
const TRIES = 50;
const PAUSE_MS = 100;

const mails = z.array(
  z.object({ recipient: z.string(), text: z.string(), received_at: z.string() }),
);

const query = z.object({ email: z.string(), since: z.iso.datetime() });

/** The login code in the newest mail to the address that arrived after `since`. */
const findCode = async (
  mailUrl: string,
  { email, since }: z.infer<typeof query>,
): Promise<string | undefined> => {
  const response = await fetch(`${mailUrl}/api/messages`);
  const mail = mails.parse(await response.json()).find(({ recipient, text, received_at }) => {
    const isNew = Date.parse(received_at) >= Date.parse(since);
    return recipient === email && isNew && /code is [0-9]{6}/.test(text);
  });
  return /code is ([0-9]{6})/.exec(mail?.text ?? "")?.[1];
};

/**
 * Laptop mode only: tells the page about the demo, and reads the login code of a demo account from
 * the mail catcher. Any program on this machine can read the mail catcher, but a page of another
 * origin cannot, and the gateway's CORS headers must not allow it.
 */
export const serveLaptop = (app: FastifyInstance, laptop: LaptopPage): void => {
  const known = new Set(laptop.clients.map(({ email }) => email));
  app.get("/config.json", async (_request, reply) =>
    reply.header("Cache-Control", "no-store").send({ api_key: API_KEY, laptop }),
  );
  app.get("/laptop/login-code", async (request, reply) => {
    reply.header("Cache-Control", "no-store");
    const asked = query.safeParse(request.query);
    const site = request.headers["sec-fetch-site"] ?? "same-origin";
    if (site !== "same-origin" || !asked.success || !known.has(asked.data.email))
      return reply.code(404).send({});
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const code = await findCode(laptop.mail_url, asked.data);
      if (code !== undefined) return { code };
      await delay(PAUSE_MS);
    }
    return reply.code(404).send({});
  });
};
