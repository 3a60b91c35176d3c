package dev.mandate.domain.ratelimit;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.user.UserId;
import org.jspecify.annotations.Nullable;

/// Whose calls these are.
///
/// @param user who gave the mandate; null for the tenant's own
/// @param apiKey null for an access token
public record RateCaller(
    @Nullable UserId user, ClientId client, MandateId mandate, @Nullable ApiKeyId apiKey) {
  /// The id under which this one's limits are set; null when it has no such.
  @Nullable String subject(RateHolder holder) {
    return switch (holder) {
      case TENANT -> "";
      case USER -> user == null ? null : user.value();
      case CLIENT -> client.value();
      case MANDATE -> mandate.value();
      case API_KEY -> apiKey == null ? null : apiKey.value();
    };
  }
}
