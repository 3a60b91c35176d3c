package dev.mandate.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.log.Sent;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one place that turns what an endpoint throws into the JSON of RFC 6749 §5.2.
public final class OAuthErrors {
  private static final Logger log = LoggerFactory.getLogger(OAuthErrors.class);
  private static final String REALM = "mandate";

  /// As the gateway and the admin API say it.
  private static final String SUSPENDED = "caller_suspended";

  private static final Pattern NOT_ALLOWED =
      Pattern.compile("[^\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]");

  private OAuthErrors() {}

  /// Wraps an endpoint that machines call.
  public static Endpoint json(Endpoint endpoint) {
    return request -> {
      try {
        return endpoint.handle(request);
      } catch (OAuthException e) {
        return answer(request, e);
      } catch (BadRequest e) {
        String message = String.valueOf(e.getMessage());
        return answer(request, new OAuthException(OAuthError.INVALID_REQUEST, message, message, e));
      } catch (RuntimeException e) {
        log.error("{} failed", request, e);
        return answer(
            request,
            new OAuthException(OAuthError.SERVER_ERROR, "something failed here", "see above", e));
      }
    };
  }

  private static HttpResponse answer(HttpRequest request, OAuthException e) {
    log.info("{} refused: {} ({})", request, e.error().code(), Sent.masked(e.getMessage()));
    ObjectNode body =
        Json.object()
            .put("error", e.error().code())
            .put("error_description", printable(e.description()))
            .put("error_id", request.id());
    if (e.error() == OAuthError.CALLER_SUSPENDED) {
      // The registered code has other reasons as well; this one ends when somebody lets it.
      body.put("reason", SUSPENDED);
    }
    HttpResponse response = HttpResponse.json(e.error().status(), body).noStore();
    return switch (e.error()) {
      // RFC 6749 §5.2: a 401 names the scheme that the client used; Basic is the one with a
      // challenge.
      case INVALID_CLIENT -> response.with("www-authenticate", "Basic realm=\"mandate\"");
      // RFC 6750 §3.
      case INVALID_TOKEN ->
          // RFC 9449 §7.1: whoever brought a bound token hears which proofs are taken.
          response
              .with("www-authenticate", bearer(e))
              .and("www-authenticate", DpopProofs.challenge(REALM, e.error().code()));
      case RESOURCE_INVALID_DPOP_PROOF, RESOURCE_USE_DPOP_NONCE ->
          response.with("www-authenticate", DpopProofs.challenge(REALM, e.error().code()));
      case INSUFFICIENT_SCOPE ->
          response.with("www-authenticate", bearer(e) + ", scope=\"openid\"");
      default -> response;
    };
  }

  private static String bearer(OAuthException e) {
    return "Bearer realm=\"mandate\", error=\"%s\", error_description=\"%s\""
        .formatted(e.error().code(), printable(e.description()));
  }

  /// RFC 6749 §5.2 bounds the characters of `error_description`.
  public static String printable(String description) {
    return NOT_ALLOWED.matcher(description.replace('"', '\'')).replaceAll("?");
  }
}
