package dev.mandate.gateway.caller;

import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.gateway.Refusal;
import dev.mandate.platform.crypto.Secret;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the caller's credential on a request. SDKs put it where they put a key, so four headers
/// mean the same; cookies and the query authenticate nobody.
public final class Credential {
  private static final List<String> KEY_HEADERS = List.of("x-api-key", "api-key", "x-goog-api-key");
  private static final String BEARER = "bearer ";
  private static final String DPOP = "dpop ";
  private static final int CHARACTERS_MAX = 16 * 1024;

  /// Parameters that someone would put a key or token in (RFC 6750 §2.3 is removed by OAuth 2.1).
  private static final Set<String> QUERY_NAMES =
      Set.of(
          "access_token",
          "api_key",
          "api-key",
          "apikey",
          "key",
          "token",
          "bearer",
          "auth",
          "authorization",
          "x-api-key",
          "x-goog-api-key",
          "client_secret",
          "id_token",
          "refresh_token");

  private Credential() {}

  /// @param dpop whether it came under the scheme DPoP (RFC 9449 §7.1)
  public record Presented(Secret secret, boolean dpop) {}

  /// @throws Refusal when there is none, when two differ, or when one is in the URL
  public static Presented of(MultiMap headers, @Nullable String query) {
    refuseQuery(query);
    String found = null;
    boolean dpop = false;
    for (String value : headers.getAll("authorization")) {
      if (value.startsWith("AWS4-")) {
        throw Refusal.of(
            Refusal.Code.INVALID_TOKEN,
            "the request is signed with an AWS key, which is of no use here: give the AWS SDK a"
                + " token provider (AWS_BEARER_TOKEN_BEDROCK) with an access token or API key");
      }
      boolean underDpop = value.regionMatches(true, 0, DPOP, 0, DPOP.length());
      if (!underDpop && !value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        throw Refusal.of(
            Refusal.Code.INVALID_TOKEN,
            "the Authorization header is of neither the Bearer nor the DPoP scheme");
      }
      dpop |= underDpop;
      found = same(found, value.substring(underDpop ? DPOP.length() : BEARER.length()).strip());
    }
    for (String name : KEY_HEADERS) {
      if (headers.contains(name)) {
        for (String value : headers.getAll(name)) {
          found = same(found, value.strip());
        }
      }
    }
    if (found == null || found.isEmpty()) {
      throw Refusal.of(
          Refusal.Code.MISSING_CREDENTIAL,
          "no credential: send an access token or API key as Authorization: Bearer or as"
              + " x-api-key");
    }
    if (found.length() > CHARACTERS_MAX) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN,
          "the credential has more than " + CHARACTERS_MAX + " characters");
    }
    return new Presented(Secret.of(found), dpop);
  }

  private static String same(@Nullable String first, String next) {
    if (first != null && !first.equals(next)) {
      throw Refusal.of(
          Refusal.Code.CONFLICTING_CREDENTIALS,
          "two headers carry different credentials, expected one credential");
    }
    return next;
  }

  private static void refuseQuery(@Nullable String query) {
    if (query == null) {
      return;
    }
    if (!ApiKeyFormat.findIn(query).isEmpty()) {
      // Under whatever name.
      throw inUrl();
    }
    for (String pair : query.split("[&;]", -1)) {
      int equals = pair.indexOf('=');
      String name = (equals < 0 ? pair : pair.substring(0, equals)).toLowerCase(Locale.ROOT);
      // An escaped name is no excuse: no parameter that is served here needs one.
      if (QUERY_NAMES.contains(name) || name.indexOf('%') >= 0) {
        throw inUrl();
      }
    }
  }

  private static Refusal inUrl() {
    return Refusal.of(
        Refusal.Code.CREDENTIAL_IN_URL,
        "a credential is not accepted in a URL, where logs keep it; revoke it and send the new one"
            + " in a header");
  }
}
