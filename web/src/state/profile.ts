import { signal } from "@preact/signals";
import { type Profile, readProfile } from "../api/account.ts";

/** Who is logged in; undefined until it is read. */
export const profile = signal<Profile | undefined>(undefined);

export const loadProfile = async (): Promise<void> => {
  profile.value = await readProfile();
};

export const dropProfile = (): void => {
  profile.value = undefined;
};
