package dev.mandate.domain.credential;

import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks a provider about credentials, beside the calls of callers. Blocking, and bounded in time
/// and size; goes only where calls may go. What it says is in words of ours: a provider's body can
/// quote the key.
public interface ProviderDesk {
  /// What a provider says to a credential.
  enum Verdict {
    OK,
    /// It does not know the key.
    REJECTED,
    /// It knows the key, which may not list models; that says nothing about calls.
    FORBIDDEN,
    /// It gave no answer that says either.
    UNREACHABLE
  }

  /// Lists models, which costs nothing.
  Verdict test(Upstream upstream, Secret secret);

  /// With what keys are made.
  ///
  /// @param secret the provider's admin key
  /// @param project of the provider's account
  record Maker(Secret secret, String project) {}

  /// A key that was made.
  ///
  /// @param ref what the provider calls the account that it belongs to
  record Made(String ref, Secret secret) {}

  /// Whether this provider lets keys be made and deleted.
  static boolean makesKeys(Provider provider) {
    return provider == Provider.OPENAI;
  }

  /// @param name that the provider keeps, and shows to people
  Made make(Upstream upstream, Maker maker, String name) throws Refused;

  /// Deletes an account with its keys; done also when it is gone already.
  void delete(Upstream upstream, Maker maker, String ref) throws Refused;

  /// The accounts with this name.
  List<String> named(Upstream upstream, Maker maker, String name) throws Refused;

  /// The provider did not do it, or nobody knows whether it did.
  final class Refused extends Exception {
    private final transient @Nullable Duration retryAfter;

    /// @param message in words of ours
    public Refused(String message, @Nullable Duration retryAfter) {
      super(message, null, false, false);
      this.retryAfter = retryAfter;
    }

    /// When the provider wants to be asked again.
    public @Nullable Duration retryAfter() {
      return retryAfter;
    }
  }
}
