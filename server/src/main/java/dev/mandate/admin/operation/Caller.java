package dev.mandate.admin.operation;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
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
public record Caller(
    TenantId tenant,
    String id,
    @Nullable UserId user,
    @Nullable ClientId client,
    @Nullable MandateId mandate,
    SortedSet<String> scopes) {
  public Caller {
    scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
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
