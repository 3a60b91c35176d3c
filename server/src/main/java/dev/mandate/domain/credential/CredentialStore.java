package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps the tenant's credentials for upstreams, sealed. Of several for one upstream the one that
/// was activated last is used.
public interface CredentialStore {
  /// @param id of the row; also the associated data of the sealed bytes, as `credential/{id}`
  /// @param upstream whose secret it is
  /// @param hint the end of the secret, for people to tell credentials apart; may be empty
  /// @param activatedAt the latest of an upstream's is in use
  record Stored(
      TenantId tenant,
      String id,
      String upstream,
      byte[] sealedSecret,
      String hint,
      Instant createdAt,
      Instant activatedAt) {
    /// The row's identity, for the vault.
    public static String row(String id) {
      return "credential/" + id;
    }
  }

  /// As many characters of a secret may be shown, and only of a long one.
  int HINT_CHARACTERS = 4;

  int HINTED_CHARACTERS_MIN = 20;

  /// The part of a secret that may be shown.
  static String hint(Secret secret) {
    String text = secret.reveal();
    return text.length() < HINTED_CHARACTERS_MIN
        ? ""
        : text.substring(text.length() - HINT_CHARACTERS);
  }

  /// The one that is in use for this upstream.
  @Nullable Stored current(TenantId tenant, String upstream);

  @Nullable Stored find(TenantId tenant, String upstream, String id);

  /// The upstream's by id, behind `after` when that is given.
  List<Stored> page(TenantId tenant, String upstream, @Nullable String after, int limit);

  /// Keeps the credential; from now on it is in use. Announces `PolicyChanged`.
  void insert(Stored credential);

  /// Keeps the credential, if the upstream is still at `origin`. Announces `PolicyChanged`.
  ///
  /// @return false when there is no such upstream there
  boolean insertFor(String origin, Stored credential);

  /// Puts this one into use. Announces `PolicyChanged`.
  ///
  /// @return false when there is no such credential
  boolean activate(TenantId tenant, String upstream, String id, Instant now);

  /// Announces `PolicyChanged`.
  ///
  /// @return false when there is no such credential
  boolean delete(TenantId tenant, String upstream, String id);
}
