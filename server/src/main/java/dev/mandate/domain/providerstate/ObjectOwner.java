package dev.mandate.domain.providerstate;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.user.UserId;
import org.jspecify.annotations.Nullable;

/// Who may use an object: the person who had it made, through the client that made it. What one app
/// keeps for a person is not another app's to read: the person approved each of them alone.
///
/// @param user null where the tenant itself gave the mandate: then it is the client's
public record ObjectOwner(@Nullable UserId user, ClientId client) {
  public static ObjectOwner of(Mandate mandate) {
    return new ObjectOwner(mandate.user(), mandate.client());
  }
}
