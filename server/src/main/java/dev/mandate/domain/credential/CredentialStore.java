package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps credentials for upstreams, sealed. An upstream may have several versions of the tenant's,
/// and of each user's own; what is the tenant's and what is a user's never meet in one verb.
public interface CredentialStore {
  /// One version.
  ///
  /// @param id of the row; also the associated data of the sealed bytes, as `credential/{id}`
  /// @param upstream whose secret it is
  /// @param owner whose mandates it pays for; null for the tenant's
  /// @param hint the end of the secret, for people to tell credentials apart; may be empty
  /// @param weight its share of the calls while it is active
  /// @param activatedAt when it was last put into use
  /// @param endsAt when a draining one is retired, whatever is open
  /// @param rejections how often the provider has refused it since it was put into use
  /// @param retryAt when a rejected one is tested next; null: it stays until somebody decides
  /// @param lastError why it last failed, in a word of ours
  /// @param providerRef what the provider calls the account that we had made for it
  record Stored(
      TenantId tenant,
      String id,
      String upstream,
      @Nullable UserId owner,
      byte[] sealedSecret,
      String hint,
      CredentialState state,
      int weight,
      Instant createdAt,
      Instant activatedAt,
      @Nullable Instant endsAt,
      int rejections,
      @Nullable Instant retryAt,
      @Nullable Instant lastUsedAt,
      @Nullable String lastError,
      @Nullable Instant lastErrorAt,
      @Nullable String providerRef) {

    /// One of the tenant's that nobody has used yet.
    public static Stored fresh(
        TenantId tenant, String id, String upstream, byte[] sealed, String hint, Instant now) {
      return fresh(tenant, id, upstream, null, sealed, hint, WEIGHT_USUAL, now);
    }

    public static Stored fresh(
        TenantId tenant,
        String id,
        String upstream,
        @Nullable UserId owner,
        byte[] sealed,
        String hint,
        int weight,
        Instant now) {
      return new Stored(
          tenant,
          id,
          upstream,
          owner,
          sealed,
          hint,
          CredentialState.ACTIVE,
          weight,
          now,
          now,
          null,
          0,
          null,
          null,
          null,
          null,
          null);
    }

    /// The same, made at the provider.
    Stored ofProvider(String ref) {
      return new Stored(
          tenant,
          id,
          upstream,
          owner,
          sealedSecret,
          hint,
          state,
          weight,
          createdAt,
          activatedAt,
          endsAt,
          rejections,
          retryAt,
          lastUsedAt,
          lastError,
          lastErrorAt,
          ref);
    }

    /// Whether calls may go out with it.
    public boolean takesCalls() {
      return state == CredentialState.ACTIVE && weight > 0;
    }

    /// The row's identity, for the vault.
    public static String row(String id) {
      return "credential/" + id;
    }
  }

  /// As many characters of a secret may be shown, and only of a long one.
  int HINT_CHARACTERS = 4;

  int HINTED_CHARACTERS_MIN = 20;

  /// How long calls that are open may go on with a draining one.
  Duration DRAIN_MAX = Duration.ofHours(1);

  int WEIGHT_USUAL = 1;
  int WEIGHT_MAX = 100;

  /// Versions of one owner for one upstream. Where it is full, a new one takes the place of the
  /// oldest that is retired.
  int VERSIONS_MAX = 20;

  /// The part of a secret that may be shown.
  static String hint(Secret secret) {
    String text = secret.reveal();
    return text.length() < HINTED_CHARACTERS_MIN
        ? ""
        : text.substring(text.length() - HINT_CHARACTERS);
  }

  /// Of the tenant's that take calls, the one that was put into use last.
  @Nullable Stored current(TenantId tenant, String upstream);

  /// The versions of one owner for an upstream that are not retired.
  ///
  /// @param owner null for the tenant's
  List<Stored> live(TenantId tenant, String upstream, @Nullable UserId owner);

  /// The tenant's.
  @Nullable Stored find(TenantId tenant, String upstream, String id);

  /// The tenant's for an upstream by id, behind `after` when that is given.
  List<Stored> page(TenantId tenant, String upstream, @Nullable String after, int limit);

  /// A person's own, of all upstreams.
  List<Stored> own(TenantId tenant, UserId owner);

  /// What became of adding one.
  enum Added {
    DONE,
    /// There is no such upstream, or it is at another origin than the secret was entered for.
    ELSEWHERE,
    /// The owner has as many for this upstream as one can have.
    TOO_MANY,
    /// The owner may have none here, or is disabled.
    NOT_ALLOWED
  }

  /// Keeps the credential, which takes all calls of its owner from now on: the others drain. No
  /// look at where the upstream is: for what the operator's own files say. Announces
  /// `PolicyChanged`.
  void insert(Stored credential);

  /// Keeps the credential, if the upstream is still at `origin`. Announces `PolicyChanged`.
  ///
  /// @param alone whether it takes all calls of its owner and the others drain; otherwise it takes
  ///   its share beside them
  Added add(String origin, Stored credential, boolean alone);

  /// Puts one of the tenant's into use; the others drain. Announces `PolicyChanged`.
  ///
  /// @return false when there is no such credential
  boolean activate(TenantId tenant, String upstream, String id, Instant now);

  /// Puts one of the tenant's into use beside the others. Announces `PolicyChanged`.
  ///
  /// @return false when there is no such credential
  boolean weigh(TenantId tenant, String upstream, String id, int weight, Instant now);

  /// Lets one of the tenant's take no new call; one that is not active stays as it is. Announces
  /// `PolicyChanged`.
  ///
  /// @return false when there is no such credential
  boolean drain(TenantId tenant, String upstream, String id, Instant now);

  /// Removes one of the tenant's. Announces `CredentialRevoked`.
  ///
  /// @return false when there is no such credential
  boolean delete(TenantId tenant, String upstream, String id);

  /// Removes a person's own. Announces `CredentialRevoked`.
  ///
  /// @return false when this person has no such credential
  boolean deleteOwn(TenantId tenant, UserId owner, String id);
}
