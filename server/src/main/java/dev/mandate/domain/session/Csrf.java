package dev.mandate.domain.session;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.Parameters;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// The proof that a form was drawn by us for this very browser: an HMAC of the form's name under
/// the browser's own cookie, which no other site can read.
///
/// Bound to the form, so that what one page shows does not post another; nothing is stored.
public final class Csrf {
  /// The hidden field.
  public static final String FIELD = "csrf";

  private Csrf() {}

  /// @param cookie of the session, or of the browser before there is one
  public static String token(Secret cookie, String form) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Sealer.derive(cookie.utf8(), "csrf/" + form));
  }

  /// @param cookie null when the browser sent none
  /// @throws PageRefusal when the form is not ours
  public static void check(
      Issuer issuer, HttpRequest request, Parameters posted, @Nullable Secret cookie, String form) {
    String proof = posted.one(FIELD);
    if (cookie == null
        || proof == null
        || isForeign(issuer, request)
        || !Secret.of(proof).equals(Secret.of(token(cookie, form)))) {
      throw new PageRefusal(
          403,
          "This form is not valid any more",
          "Nothing was changed. Go back, load the page again and repeat what you did. Cookies must"
              + " be allowed for this site.");
    }
  }

  /// Fetch metadata and `Origin`, where they are sent. A page of ours forbids referrers, which
  /// makes browsers send `Origin: null` with its forms (Fetch §3.2): that says nothing, the token
  /// decides.
  private static boolean isForeign(Issuer issuer, HttpRequest request) {
    String site = request.headers().first("sec-fetch-site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return true;
    }
    String origin = request.headers().first("origin");
    return origin != null && !origin.equals("null") && !origin.equals(issuer.origin());
  }
}
