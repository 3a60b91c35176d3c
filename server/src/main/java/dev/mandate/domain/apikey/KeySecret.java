package dev.mandate.domain.apikey;

import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One of a key's secrets, as the store keeps it.
///
/// @param hash of the whole text
/// @param hint its last four characters
/// @param endsAt when the grace of the rotation that replaced it is over; null for the current one
public record KeySecret(TokenHash hash, String hint, Instant createdAt, @Nullable Instant endsAt) {
  public boolean isLive(Instant now) {
    return endsAt == null || now.isBefore(endsAt);
  }
}
