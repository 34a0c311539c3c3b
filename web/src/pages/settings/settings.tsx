import { useEffect } from "preact/hooks";
import { loadProfile, profile } from "../../state/profile.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Failure, Loading } from "../../ui/parts.tsx";
import { ApiKeys } from "./api-keys.tsx";
import { CloseAccount } from "./close-account.tsx";
import { EmailForm, PasswordForm, ProfileForm } from "./profile.tsx";
import { Sessions } from "./sessions.tsx";
import { Totp } from "./totp.tsx";

/** What a client can change about the account. */
export const SettingsPage = () => {
  const load = useAction(loadProfile);
  useEffect(() => load.run(), []);
  return (
    <div class="stack">
      <h1>{texts.settings.title}</h1>
      <Failure>{load.error}</Failure>
      {profile.value === undefined ? (
        load.error === undefined && <Loading />
      ) : (
        <div class="columns">
          <ProfileForm profile={profile.value} />
          <EmailForm profile={profile.value} />
          <PasswordForm />
          <Totp enabled={profile.value.totp} onChange={() => load.run()} />
        </div>
      )}
      <Sessions />
      <ApiKeys />
      <CloseAccount />
    </div>
  );
};
