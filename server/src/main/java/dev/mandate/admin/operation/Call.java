package dev.mandate.admin.operation;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One call of an operation, past everything that is checked for all of them.
///
/// @param path what stood in the path, by name
/// @param query the declared query parameters that were sent, by name, as valid as their schemas
/// @param now one moment for the whole call
public record Call(
    Issuer issuer,
    Caller caller,
    String requestId,
    Map<String, String> path,
    Map<String, String> query,
    Instant now) {
  public TenantId tenant() {
    return caller.tenant();
  }

  /// What stood in the path at this name.
  public String path(String name) {
    String value = path.get(name);
    if (value == null) {
      throw new IllegalStateException("the operation's path has no {" + name + "}");
    }
    return value;
  }

  /// Null when the parameter was not sent.
  public @Nullable String query(String name) {
    return query.get(name);
  }
}
