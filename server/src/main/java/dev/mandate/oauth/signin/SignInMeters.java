package dev.mandate.oauth.signin;

import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.metrics.Counters;
import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import java.util.Locale;

/// Counts attempts to sign in, by what became of them.
public final class SignInMeters {
  private enum Outcome {
    SIGNED_IN,
    REFUSED,
    THROTTLED,
    FAILED
  }

  private final Label<Outcome> outcomes =
      Label.of("outcome", Outcome.class, o -> o.name().toLowerCase(Locale.ROOT));
  private final Counters attempts;

  public SignInMeters(Meters meters) {
    attempts =
        meters.counters("mandate.signin.attempts", "Sign-in forms that were posted", outcomes);
  }

  /// Wraps the page, outside of whatever turns refusals into pages.
  public Endpoint around(Endpoint page) {
    return request -> {
      HttpResponse response = page.handle(request);
      if (request.method().equals("POST")) {
        attempts.add(1, outcomes.at(outcome(response.status())));
      }
      return response;
    };
  }

  private static Outcome outcome(int status) {
    return switch (status) {
      case 303 -> Outcome.SIGNED_IN;
      case 429 -> Outcome.THROTTLED;
      default -> status < 500 ? Outcome.REFUSED : Outcome.FAILED;
    };
  }
}
