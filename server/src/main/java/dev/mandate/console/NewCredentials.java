package dev.mandate.console;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Takes a secret that somebody has entered into a form: sealed at once, and never shown again.
public final class NewCredentials {
  /// What fits into a header field (RFC 9110 §5.5), in one piece: nothing else is ever sent.
  private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7E]{8,4096}");

  private final CredentialStore credentials;
  private final Vault vault;
  private final TokenSource ids;

  public NewCredentials(CredentialStore credentials, Vault vault, TokenSource ids) {
    this.credentials = credentials;
    this.vault = vault;
    this.ids = ids;
  }

  /// What became of it.
  sealed interface Outcome {
    record Done(Stored stored) implements Outcome {}

    /// @param problem for the person; without what they entered
    record Wrong(String problem) implements Outcome {}
  }

  /// @param owner null for the tenant's
  /// @param entered in the form; null when the field was missing
  Outcome add(
      Visit visit,
      Upstream upstream,
      @Nullable UserId owner,
      @Nullable String entered,
      boolean alone) {
    String text = entered == null ? "" : entered.strip();
    if (!SECRET.matcher(text).matches()) {
      return new Outcome.Wrong(
          "A key is one piece of 8 to 4096 letters, digits and signs, as the provider shows it.");
    }
    Secret secret = Secret.of(text);
    String id = ids.id("cred");
    Stored stored =
        Stored.fresh(
            upstream.tenant(),
            id,
            upstream.name(),
            owner,
            vault.seal(upstream.tenant(), Stored.row(id), secret.utf8()),
            CredentialStore.hint(secret),
            CredentialStore.WEIGHT_USUAL,
            visit.now().truncatedTo(ChronoUnit.MILLIS));
    return switch (credentials.add(upstream.origin(), stored, alone)) {
      case DONE -> new Outcome.Done(stored);
      case ELSEWHERE -> new Outcome.Wrong("The upstream was changed at this moment. Look again.");
      case TOO_MANY ->
          new Outcome.Wrong(
              "There are %d keys already, the most that there can be. Remove one first."
                  .formatted(CredentialStore.VERSIONS_MAX));
      case NOT_ALLOWED ->
          new Outcome.Wrong("Your organisation does not let you pay here with a key of your own.");
    };
  }
}
