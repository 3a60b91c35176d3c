package dev.mandate.app;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.regex.Pattern;

/// Keeps the credentials that come from files: a new secret becomes the one in use, the same one
/// changes nothing.
final class HeldCredentials {
  /// What fits into a header field (RFC 9110 §5.5); nothing else is ever sent.
  private static final Pattern SENDABLE = Pattern.compile("[\\x21-\\x7E]{1,4096}");

  private final CredentialStore credentials;
  private final Vault vault;
  private final TokenSource ids;
  private final InstantSource clock;

  HeldCredentials(CredentialStore credentials, Vault vault, TokenSource ids, InstantSource clock) {
    this.credentials = credentials;
    this.vault = vault;
    this.ids = ids;
    this.clock = clock;
  }

  /// @param changed whether the file has just changed; otherwise a start reads it again, and what
  ///   is known already stays as rotations and administrators have left it
  /// @throws StartRefused when it can't be a credential
  void hold(TenantId tenant, String upstream, Secret secret, boolean changed) {
    if (!SENDABLE.matcher(secret.reveal()).matches()) {
      throw new StartRefused(
          "the credential of upstream %s has spaces or other characters that no header field takes"
              .formatted(upstream));
    }
    for (CredentialStore.Stored known :
        credentials.page(tenant, upstream, null, 2 * CredentialStore.VERSIONS_MAX)) {
      if (opened(known).equals(secret)) {
        if (changed && !known.takesCalls()) {
          credentials.activate(tenant, upstream, known.id(), clock.instant());
        }
        return;
      }
    }
    String id = ids.id("cred");
    byte[] sealed = vault.seal(tenant, CredentialStore.Stored.row(id), secret.utf8());
    Instant now = clock.instant();
    credentials.insert(
        CredentialStore.Stored.fresh(
            tenant, id, upstream, sealed, CredentialStore.hint(secret), now));
  }

  private Secret opened(CredentialStore.Stored stored) {
    byte[] plain =
        vault.open(stored.tenant(), CredentialStore.Stored.row(stored.id()), stored.sealedSecret());
    return Secret.of(new String(plain, StandardCharsets.UTF_8));
  }
}
