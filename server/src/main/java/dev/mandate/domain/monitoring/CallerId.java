package dev.mandate.domain.monitoring;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;

/// Whose behaviour is learned: an API key, or the client of access tokens. A network stands for
/// strangers, whose credential is nobody's.
public record CallerId(TenantId tenant, Kind kind, String id) {
  /// Whose id it is.
  public enum Kind {
    API_KEY("api_key:"),
    CLIENT("client:"),
    NETWORK("network:");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  public static CallerId of(TenantId tenant, ApiKeyId key) {
    return new CallerId(tenant, Kind.API_KEY, key.value());
  }

  public static CallerId of(TenantId tenant, ClientId client) {
    return new CallerId(tenant, Kind.CLIENT, client.value());
  }

  /// @throws IllegalArgumentException for what [#text] did not write
  public static CallerId parse(TenantId tenant, String text) {
    for (Kind kind : Kind.values()) {
      if (text.startsWith(kind.prefix)) {
        return new CallerId(tenant, kind, text.substring(kind.prefix.length()));
      }
    }
    throw new IllegalArgumentException("no caller is spelled " + text);
  }

  /// One spelling for the store and the API: a key can't be named like a client.
  public String text() {
    return kind.prefix + id;
  }
}
