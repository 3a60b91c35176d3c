package dev.mandate.admin.operation;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Who calls the admin API, and what it may do at this moment.
///
/// @param id of the API key; of an access token, the mandate that it spends
/// @param user on whose behalf, or who owns the key; null for the tenant's own
/// @param client that holds the access token; null for an API key
/// @param mandate that the access token spends; null for an API key
/// @param keyEnd when the API key ends, and with it what it may decide; null for an access token
public record Caller(
    TenantId tenant,
    String id,
    @Nullable UserId user,
    @Nullable ClientId client,
    @Nullable MandateId mandate,
    SortedSet<String> scopes,
    @Nullable Instant keyEnd) {
  public Caller {
    scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
  }

  /// The API key that calls; null for an access token.
  public @Nullable ApiKeyId key() {
    return keyEnd == null ? null : new ApiKeyId(id);
  }

  /// Who it was, for the audit log: the person where one acts through a client, else what was
  /// presented.
  public String actor() {
    if (mandate == null) {
      return id;
    }
    return user != null ? user.value() : String.valueOf(client);
  }
}
