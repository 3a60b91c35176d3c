package dev.mandate.oauth.token;

import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.metrics.Counters;
import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.observe.RequestFacts;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Counts what the token endpoint answers. Both labels are closed: a grant type that we don't serve
/// is `other`, and an outcome is a code of ours and never a text of the request.
public final class TokenMeters {
  private final Label<String> grants;
  private final Label<OAuthError> errors =
      Label.of("outcome", OAuthError.class, OAuthError::code, "ok");
  private final Counters requests;

  /// @param grantTypes that are served
  public TokenMeters(Meters meters, Collection<String> grantTypes) {
    grants = Label.texts("grant_type", List.copyOf(grantTypes));
    requests =
        meters.counters(
            "mandate.token.requests",
            "Answers of the token endpoint: ok, or the error code that was sent",
            grants,
            errors);
  }

  /// Wraps the endpoint, inside of whatever turns exceptions into answers.
  public Endpoint around(Endpoint endpoint) {
    return request -> {
      try {
        HttpResponse response = endpoint.handle(request);
        count(request, null);
        return response;
      } catch (OAuthException e) {
        count(request, e.error());
        throw e;
      } catch (BadRequest e) {
        count(request, OAuthError.INVALID_REQUEST);
        throw e;
      } catch (RuntimeException e) {
        count(request, OAuthError.SERVER_ERROR);
        throw e;
      }
    };
  }

  private void count(HttpRequest request, @Nullable OAuthError error) {
    if (error != null) {
      RequestFacts.current().code(error.code());
    }
    requests.add(1, grants.at(grantType(request)), errors.at(error));
  }

  private static @Nullable String grantType(HttpRequest request) {
    try {
      return request.form().one("grant_type");
    } catch (BadRequest e) {
      // The endpoint says what is wrong; here it only has no grant type.
      return null;
    }
  }
}
