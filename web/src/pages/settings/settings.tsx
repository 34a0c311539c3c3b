import { readProfile } from "../../api/account.ts";
import { texts } from "../../texts.ts";
import { useLoaded } from "../../ui/loaded.ts";
import { Failure, Loading } from "../../ui/parts.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { CloseAccount } from "./close-account.tsx";
import { EmailForm, PasswordForm, ProfileForm } from "./profile.tsx";
import { Sessions } from "./sessions.tsx";
import { Totp } from "./totp.tsx";

/** What a client can change about the account. */
export const SettingsPage = () => {
  const profile = useLoaded(readProfile);
  return (
    <div class="stack">
      <h1>{texts.settings.title}</h1>
      <Failure>{profile.error}</Failure>
      {profile.value === undefined ? (
        profile.error === undefined && <Loading />
      ) : (
        <div class="columns">
          <ProfileForm profile={profile.value} />
          <EmailForm profile={profile.value} />
          <PasswordForm />
          <Totp enabled={profile.value.totp} onChange={profile.reload} />
        </div>
      )}
      <Sessions />
      <ApiKeys />
      <CloseAccount />
    </div>
  );
};
