import type { ClientId } from "../../layers/domain/identifiers.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { showProfile } from "../../layers/representation/client.ts";
import { runtime } from "../../layers/runtime.ts";
import { findProfile, updateProfile } from "../../layers/store/identity/clients.ts";
import { getProfileContract, updateProfileContract } from "./contract.ts";

export const handler = endpoint(runtime, getProfileContract, ({ client }) => show(client));

export const updateHandler = endpoint(runtime, updateProfileContract, async ({ client, body }) => {
  const { first_name: firstName, last_name: lastName, wants_mail: wantsMail } = body.client;
  await updateProfile(runtime.database, client, { firstName, lastName, wantsMail });
  return show(client);
});

const show = async (clientId: ClientId): Promise<Answer> => {
  const profile = await findProfile(runtime.database, clientId);
  if (profile === undefined) throw notFound("There is no such client.");
  return { status: 200, body: { client: showProfile(profile) } };
};
