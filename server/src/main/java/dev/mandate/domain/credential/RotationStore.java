package dev.mandate.domain.credential;

import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps rotations, one an upstream. Each step is taken by one holder at a time; a verb that ends a
/// step does nothing for who no longer holds it.
public interface RotationStore {
  @Nullable Rotation find(TenantId tenant, String upstream);

  /// Begins one. Of racing callers one wins; a failed one before it makes room.
  ///
  /// @return false when one is under way, or what it replaces takes no calls
  boolean begin(Rotation rotation);

  /// Rotations that are due, each given to one holder alone for as long as `hold`, by the
  /// database's time.
  List<Rotation> take(String holder, Instant now, Duration hold, int limit);

  /// Whether this holder still has the step for itself.
  boolean holds(Rotation rotation, String holder);

  /// The provider has made the new one: it is kept, and takes no calls yet.
  boolean made(Rotation rotation, String holder, Stored fresh, Instant now);

  /// The new one takes the calls of the old one, which drains. Announces `PolicyChanged`.
  boolean moved(Rotation rotation, String holder, Instant now);

  /// Goes on to another step.
  ///
  /// @param error why the step before it failed; null when it didn't
  boolean next(
      Rotation rotation, String holder, Rotation.Step step, @Nullable String error, Instant dueAt);

  /// The step is to be tried again.
  ///
  /// @param error null when nothing failed and it only takes time
  boolean again(Rotation rotation, String holder, @Nullable String error, Instant dueAt);

  /// All is done. What was deleted at the provider is removed here. Announces `CredentialRevoked`
  /// for it.
  boolean finish(Rotation rotation, String holder);

  /// Nothing is left of it. Announces `CredentialRevoked` for what was made.
  ///
  /// @param error why it failed
  boolean undone(Rotation rotation, String holder, String error, Instant dueAt);
}
