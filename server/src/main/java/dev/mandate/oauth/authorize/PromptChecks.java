package dev.mandate.oauth.authorize;

import dev.mandate.domain.session.SignedIn;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

/// What the client wants of the person in front of the browser (OpenID Connect Core §3.1.2.1).
final class PromptChecks {
  private static final Set<String> PROMPTS = Set.of("none", "login", "consent", "select_account");
  private static final int MAX_AGE_DIGITS = 9;

  private PromptChecks() {}

  /// `max_age`: seconds since the person last proved who they are.
  static void maxAgeIsKept(Draft draft) {
    String maxAge = draft.sent.one("max_age");
    if (maxAge == null) {
      return;
    }
    if (maxAge.length() > MAX_AGE_DIGITS || !maxAge.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw invalid("max_age must be a whole number of seconds");
    }
    draft.authenticatedSince =
        draft
            .now
            .minusSeconds(Long.parseLong(maxAge))
            // Sessions begin on a whole millisecond.
            .truncatedTo(ChronoUnit.MILLIS);
  }

  private static List<String> prompts(Draft draft) {
    String sent = draft.sent.one("prompt");
    return sent == null ? List.of() : List.of(sent.split(" ", -1));
  }

  /// `prompt` holds values that we know, and `none` alone.
  static void promptIsKnown(Draft draft) {
    List<String> prompts = prompts(draft);
    for (String prompt : prompts) {
      if (!PROMPTS.contains(prompt)) {
        throw invalid(
            "prompt has '"
                + MessageChecks.shortened(prompt)
                + "', expected any of none, login, consent, select_account");
      }
    }
    if (prompts.contains("none") && prompts.size() > 1) {
      throw invalid("prompt has 'none' beside another value");
    }
    if (prompts.contains("login") || prompts.contains("select_account")) {
      draft.authenticatedSince = draft.now.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /// `prompt=none` can never be honoured with success, since each mandate is approved by its own
  /// consent; the error says what is missing (§3.1.2.6).
  static void promptCanBeHonoured(Draft draft) {
    if (prompts(draft).contains("none")) {
      throw signedInRecently(draft)
          ? new OAuthException(
              OAuthError.CONSENT_REQUIRED, "each mandate needs the person's own consent")
          : new OAuthException(OAuthError.LOGIN_REQUIRED, "the person has to sign in");
    }
  }

  private static boolean signedInRecently(Draft draft) {
    SignedIn signedIn = draft.signedIn;
    Instant since = draft.authenticatedSince;
    return signedIn != null
        && (since == null || !signedIn.session().authenticatedAt().isBefore(since));
  }

  private static OAuthException invalid(String description) {
    return new OAuthException(OAuthError.INVALID_REQUEST, description);
  }
}
