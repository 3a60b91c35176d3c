package dev.mandate.admin;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Lets a request into the admin API: an API key of the tenant with the scope that the operation
/// needs, in `Authorization: Bearer` or `X-API-Key`. Keys that are bound to a mandate have no scope
/// here.
public final class AdminAccess {
  /// An operation that knows who calls it.
  @FunctionalInterface
  public interface Operation {
    HttpResponse handle(HttpRequest request, ApiKey caller);
  }

  private final Issuers issuers;
  private final ApiKeyStore keys;
  private final InstantSource clock;

  public AdminAccess(Issuers issuers, ApiKeyStore keys, InstantSource clock) {
    this.issuers = issuers;
    this.keys = keys;
    this.clock = clock;
  }

  /// Wraps an operation that needs `scope`.
  public Endpoint requiring(String scope, Operation operation) {
    return request -> {
      Instant now = clock.instant();
      String presented = presented(request);
      ApiKey key =
          presented == null || !ApiKeyFormat.isWellFormed(presented)
              ? null
              : keys.find(issuers.of(request).tenant(), TokenHash.of(Secret.of(presented)));
      if (key == null || !key.isLive(now) || key.scopes().isEmpty()) {
        return HttpListener.problem(
                401, "invalid_api_key", "a live admin API key is needed here", request.id())
            .with("www-authenticate", "Bearer realm=\"mandate-admin\"");
      }
      if (!key.scopes().contains(scope)) {
        return HttpListener.problem(
            403, "insufficient_scope", "this needs the scope " + scope, request.id());
      }
      keys.used(key.tenant(), key.id(), now);
      return operation.handle(request, key);
    };
  }

  private static @Nullable String presented(HttpRequest request) {
    String authorization = request.headers().first("authorization");
    if (authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      return authorization.substring("bearer ".length()).strip();
    }
    return request.headers().first("x-api-key");
  }
}
