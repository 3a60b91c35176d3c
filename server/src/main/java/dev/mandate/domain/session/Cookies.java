package dev.mandate.domain.session;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Spells our cookies. Over HTTPS the name begins with `__Host-`, which browsers accept only from
/// this very host; loopback HTTP can't have that prefix, since it needs `Secure`.
///
/// All tenants of a host share its cookies, and `__Host-` demands `Path=/`, so the name ends in the
/// tenant's slug: a browser may be signed in at several, and none reads another's. Over loopback
/// HTTP the path keeps them apart as well.
final class Cookies {
  /// What [dev.mandate.platform.crypto.TokenSource#token] makes.
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{43}");

  private Cookies() {}

  private static String name(Issuer issuer, String plain) {
    String own =
        issuer.tenant().equals(TenantId.DEFAULT) ? plain : plain + "_" + issuer.tenant().value();
    return issuer.isSecure() ? "__Host-" + own : own;
  }

  /// Null when it is absent or not spelled like one of ours.
  static @Nullable Secret read(Issuer issuer, HttpRequest request, String plain) {
    String value = request.cookie(name(issuer, plain));
    return value != null && TOKEN.matcher(value).matches() ? Secret.of(value) : null;
  }

  /// @param life null for as long as the browser runs
  static HttpResponse set(
      HttpResponse response, Issuer issuer, String plain, Secret value, @Nullable Duration life) {
    String age = life == null ? "" : "; Max-Age=" + life.toSeconds();
    return response.and(
        "set-cookie", name(issuer, plain) + "=" + value.reveal() + attributes(issuer) + age);
  }

  static HttpResponse clear(HttpResponse response, Issuer issuer, String plain) {
    return response.and(
        "set-cookie", name(issuer, plain) + "=" + attributes(issuer) + "; Max-Age=0");
  }

  private static String attributes(Issuer issuer) {
    return issuer.isSecure()
        ? "; Path=/; HttpOnly; SameSite=Lax; Secure"
        : "; Path=" + (issuer.root().isEmpty() ? "/" : issuer.root()) + "; HttpOnly; SameSite=Lax";
  }
}
