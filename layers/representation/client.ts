import type { ClientStatus } from "../domain/identity/client.ts";
import { fullName } from "../domain/identity/client.ts";

/** The JSON of a client's own details. */
export const showProfile = (profile: {
  readonly clientId: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly dateOfBirth: string;
  readonly status: ClientStatus;
  readonly wantsMail: boolean;
  readonly roles: readonly string[];
  readonly hasTotp: boolean;
  readonly createdAt: Date;
}): object => ({
  client_id: profile.clientId,
  email: profile.email,
  first_name: profile.firstName,
  last_name: profile.lastName,
  full_name: fullName(profile),
  date_of_birth: profile.dateOfBirth,
  status: profile.status,
  wants_mail: profile.wantsMail,
  totp: profile.hasTotp,
  roles: profile.roles,
  created_at: profile.createdAt.toISOString(),
});
