package dev.mandate.gateway.keeping;

import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.user.UserId;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.mandating.Payers;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.ProviderKeys;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// With which key a call goes out that names what is kept: with the one that it was made with, for
/// a provider shows it to keys of the same account only. When that key takes no calls any more,
/// with another of the same holder's, which replaced it; never with anybody else's.
public final class KeptKeys {
  private KeptKeys() {}

  /// @param objects all that the call names
  /// @throws Refusal when none can be used
  public static ProviderKey take(
      Target target, Standing standing, ProviderKeys keys, List<StoredObject> objects) {
    UserId payer = Payers.payer(target, standing, keys);
    ProviderKey chosen = null;
    for (StoredObject object : objects) {
      if (!Objects.equals(object.payer(), payer)) {
        throw elsewhere("was made with the key of another holder than the one that pays now");
      }
      ProviderKey made = keys.of(object.credentialId());
      if (made != null && chosen != null && !made.credential().equals(chosen.credential())) {
        throw elsewhere("and another object that the call names were made with different keys");
      }
      chosen = made == null ? chosen : made;
    }
    return chosen == null ? Payers.take(target, standing, keys) : chosen;
  }

  private static Refusal elsewhere(String why) {
    return Refusal.of(Refusal.Code.STATE_ELSEWHERE, "an object " + why);
  }

  static @Nullable UserId payer(Target target, Standing standing, ProviderKeys keys) {
    return Payers.payer(target, standing, keys);
  }
}
