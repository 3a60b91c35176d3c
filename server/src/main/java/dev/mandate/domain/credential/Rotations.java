package dev.mandate.domain.credential;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.Rotation.Step;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Replaces a version of the tenant's by one that is made at the provider: made, tested, weight
/// moved, old one drained, deleted at the provider. Each step can be done again, so a kill between
/// or within any two leaves nothing behind: what is made carries the rotation's id, and is looked
/// for by it before another is made and before the rotation ends.
public final class Rotations {
  /// As long as a node has a step for itself; a provider's answers take a few seconds at most.
  public static final Duration HOLD = Duration.ofMinutes(2);

  /// A new key may take a while until the provider knows it everywhere.
  static final Duration TEST_EVERY = Duration.ofSeconds(5);

  static final int TESTS_MAX = 60;

  /// Of a step that the provider refuses.
  static final int TRIES_MAX = 8;

  static final Duration TRY_FIRST = Duration.ofSeconds(10);

  /// How often it is looked whether the old one is drained.
  static final Duration LOOK_EVERY = Duration.ofSeconds(5);

  /// After a failure, a schedule waits so long.
  static final Duration FAILED_KEPT = Duration.ofDays(1);

  private static final int TAKEN_MAX = 20;

  private final RotationStore rotations;
  private final CredentialStore credentials;
  private final CredentialPolicyStore policies;
  private final UpstreamStore upstreams;
  private final Vault vault;
  private final ProviderDesk desk;
  private final AuditStore audit;
  private final Notices notices;
  private final TokenSource ids;
  private final InstantSource clock;

  public Rotations(
      RotationStore rotations,
      CredentialStore credentials,
      CredentialPolicyStore policies,
      UpstreamStore upstreams,
      Vault vault,
      ProviderDesk desk,
      AuditStore audit,
      Notices notices,
      TokenSource ids,
      InstantSource clock) {
    this.rotations = rotations;
    this.credentials = credentials;
    this.policies = policies;
    this.upstreams = upstreams;
    this.vault = vault;
    this.desk = desk;
    this.audit = audit;
    this.notices = notices;
    this.ids = ids;
    this.clock = clock;
  }

  /// What became of a wish for one.
  public enum Begun {
    DONE,
    /// One is under way, or the credential takes no calls.
    NOT_NOW,
    /// The upstream's policy or its provider does not let keys be made.
    NOT_HERE
  }

  public Begun begin(Stored old) {
    CredentialPolicy policy = policies.policy(old.tenant(), old.upstream());
    Upstream upstream = upstreams.find(old.tenant(), old.upstream());
    if (upstream == null
        || !policy.makesKeys()
        || !ProviderDesk.makesKeys(upstream.provider())
        || old.owner() != null) {
      return Begun.NOT_HERE;
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Rotation rotation =
        new Rotation(
            old.tenant(),
            old.upstream(),
            ids.id("rot"),
            old.id(),
            old.providerRef(),
            null,
            null,
            Step.MAKING,
            now,
            0,
            now,
            null);
    return rotations.begin(rotation) ? Begun.DONE : Begun.NOT_NOW;
  }

  /// Begins those that a schedule asks for. Where keys can't be made, [Upkeep] reminds people.
  public void schedule() {
    Instant now = clock.instant();
    for (TenantId tenant : policies.scheduling()) {
      for (CredentialPolicy policy : policies.policies(tenant)) {
        Integer days = policy.rotateDays();
        if (days != null && policy.makesKeys() && isFree(tenant, policy.upstream(), now)) {
          credentials.live(tenant, policy.upstream(), null).stream()
              .filter(Stored::takesCalls)
              .filter(one -> !now.isBefore(one.createdAt().plus(Duration.ofDays(days))))
              .findFirst()
              .ifPresent(this::begin);
        }
      }
    }
  }

  private boolean isFree(TenantId tenant, String upstream, Instant now) {
    Rotation last = rotations.find(tenant, upstream);
    return last == null || (!last.isUnderWay() && !now.isBefore(last.dueAt()));
  }

  /// Those that are due, for this holder to go on with.
  public List<Rotation> take(String holder, Duration hold) {
    return rotations.take(holder, clock.instant(), hold, TAKEN_MAX);
  }

  /// Does the next step.
  public void goOn(Rotation rotation, String holder) {
    Instant now = clock.instant();
    Upstream upstream = upstreams.find(rotation.tenant(), rotation.upstream());
    ProviderDesk.Maker maker = maker(rotation);
    if (upstream == null) {
      return;
    }
    try {
      switch (rotation.step()) {
        case MAKING -> make(rotation, holder, upstream, needed(maker), now);
        case TESTING -> test(rotation, holder, upstream, now);
        case DRAINING -> awaitDrained(rotation, holder, now);
        case DELETING -> delete(rotation, holder, upstream, needed(maker));
        case UNDOING -> undo(rotation, holder, upstream, needed(maker), now);
        case FAILED -> {
          // Nothing is left to do.
        }
      }
    } catch (ProviderDesk.Refused e) {
      refused(rotation, holder, e, now);
    }
  }

  private ProviderDesk.@Nullable Maker maker(Rotation rotation) {
    CredentialPolicy policy = policies.policy(rotation.tenant(), rotation.upstream());
    byte[] sealed = policy.sealedAdminSecret();
    String project = policy.project();
    return sealed == null || project == null
        ? null
        : new ProviderDesk.Maker(open(rotation.tenant(), policy.row(), sealed), project);
  }

  private static ProviderDesk.Maker needed(ProviderDesk.@Nullable Maker maker)
      throws ProviderDesk.Refused {
    if (maker == null) {
      throw new ProviderDesk.Refused("the upstream's policy has no admin key any more", null);
    }
    return maker;
  }

  private Secret open(TenantId tenant, String row, byte[] sealed) {
    return Secret.of(new String(vault.open(tenant, row, sealed), StandardCharsets.UTF_8));
  }

  private void make(
      Rotation rotation, String holder, Upstream upstream, ProviderDesk.Maker maker, Instant now)
      throws ProviderDesk.Refused {
    // Made by a try whose answer nobody kept: its key is lost, so it must not stay.
    List<String> lost = desk.named(upstream, maker, rotation.id());
    if (!rotations.holds(rotation, holder)) {
      // What is there may be what another node has just made.
      return;
    }
    for (String ref : lost) {
      deleteOrphan(rotation, upstream, maker, ref);
    }
    ProviderDesk.Made made = desk.make(upstream, maker, rotation.id());
    String id = ids.id("cred");
    byte[] sealed = vault.seal(rotation.tenant(), Stored.row(id), made.secret().utf8());
    Stored fresh =
        Stored.fresh(
                rotation.tenant(),
                id,
                rotation.upstream(),
                null,
                sealed,
                CredentialStore.hint(made.secret()),
                0,
                now.truncatedTo(ChronoUnit.MILLIS))
            .ofProvider(made.ref());
    if (!rotations.made(rotation, holder, fresh, now)) {
      // Another node has taken over and makes one of its own.
      desk.delete(upstream, maker, made.ref());
      return;
    }
    record(rotation, "credential.made", "ok", Map.of("credential", id, "provider_ref", made.ref()));
  }

  private void deleteNamed(
      Rotation rotation, Upstream upstream, ProviderDesk.Maker maker, @Nullable String but)
      throws ProviderDesk.Refused {
    for (String ref : desk.named(upstream, maker, rotation.id())) {
      if (!ref.equals(but)) {
        deleteOrphan(rotation, upstream, maker, ref);
      }
    }
  }

  private void deleteOrphan(
      Rotation rotation, Upstream upstream, ProviderDesk.Maker maker, String ref)
      throws ProviderDesk.Refused {
    desk.delete(upstream, maker, ref);
    record(rotation, "credential.orphan_deleted", "ok", Map.of("provider_ref", ref));
  }

  private void test(Rotation rotation, String holder, Upstream upstream, Instant now) {
    String id = rotation.made();
    Stored made = id == null ? null : credentials.find(rotation.tenant(), upstream.name(), id);
    if (made == null || rotation.tries() >= TESTS_MAX) {
      rotations.next(rotation, holder, Step.UNDOING, rotation.lastError(), now);
      return;
    }
    Secret secret = open(rotation.tenant(), Stored.row(made.id()), made.sealedSecret());
    ProviderDesk.Verdict verdict = desk.test(upstream, secret);
    if (verdict != ProviderDesk.Verdict.OK) {
      rotations.again(
          rotation, holder, "the provider does not accept the new key yet", now.plus(TEST_EVERY));
    } else if (!rotations.moved(rotation, holder, now)) {
      // Somebody has removed or drained one of the two by hand meanwhile.
      rotations.next(rotation, holder, Step.UNDOING, rotation.lastError(), now);
    }
  }

  private void awaitDrained(Rotation rotation, String holder, Instant now) {
    Stored old = credentials.find(rotation.tenant(), rotation.upstream(), rotation.replaces());
    boolean drains = old != null && old.state() == CredentialState.DRAINING;
    if (drains) {
      rotations.again(rotation, holder, null, now.plus(LOOK_EVERY));
    } else if (old != null && old.takesCalls()) {
      // Somebody has put the old one into use again: it is not ours to delete.
      rotations.finish(rotation.keepingOld(), holder);
      record(rotation, "credential.rotated", "old_kept", Map.of());
    } else {
      rotations.next(rotation, holder, Step.DELETING, null, now);
    }
  }

  private void delete(Rotation rotation, String holder, Upstream upstream, ProviderDesk.Maker maker)
      throws ProviderDesk.Refused {
    Stored old = credentials.find(rotation.tenant(), rotation.upstream(), rotation.replaces());
    if (old != null && old.takesCalls()) {
      rotations.finish(rotation.keepingOld(), holder);
      return;
    }
    if (rotation.replacedRef() != null) {
      desk.delete(upstream, maker, rotation.replacedRef());
    }
    deleteNamed(rotation, upstream, maker, rotation.madeRef());
    if (rotations.finish(rotation, holder)) {
      record(rotation, "credential.rotated", "ok", Map.of());
      String rest =
          rotation.replacedRef() != null || old == null
              ? "The old one was deleted at the provider."
              : "The old one, ending in '%s', was entered by hand: delete it at the provider."
                  .formatted(old.hint());
      tell(
          rotation,
          Notice.Kind.CREDENTIAL_ROTATED,
          "The credential of upstream '%s' was replaced. %s".formatted(upstream.name(), rest));
    }
  }

  private void undo(
      Rotation rotation, String holder, Upstream upstream, ProviderDesk.Maker maker, Instant now)
      throws ProviderDesk.Refused {
    deleteNamed(rotation, upstream, maker, null);
    String error = rotation.lastError() == null ? "it was given up" : rotation.lastError();
    if (rotations.undone(rotation, holder, error, now.plus(FAILED_KEPT))) {
      failed(rotation, error);
    }
  }

  private void refused(Rotation rotation, String holder, ProviderDesk.Refused e, Instant now) {
    String error = String.valueOf(e.getMessage());
    if (rotation.step() == Step.MAKING && rotation.tries() + 1 >= TRIES_MAX) {
      rotations.next(rotation, holder, Step.UNDOING, error, now);
      return;
    }
    // What is left at the provider is never forgotten: it is tried for as long as it takes.
    Duration wait = TRY_FIRST.multipliedBy(1L << Math.min(rotation.tries(), 8));
    if (e.retryAfter() != null && e.retryAfter().compareTo(wait) > 0) {
      wait = e.retryAfter();
    }
    rotations.again(rotation, holder, error, now.plus(wait));
    if (rotation.tries() + 1 == TRIES_MAX) {
      failed(rotation, error);
    }
  }

  private void failed(Rotation rotation, String error) {
    record(rotation, "credential.rotation_failed", "failed", Map.of("reason", error));
    tell(
        rotation,
        Notice.Kind.CREDENTIAL_ROTATION_FAILED,
        "Replacing the credential of upstream '%s' failed while %s: %s."
            .formatted(rotation.upstream(), rotation.step().wire(), error));
  }

  private void tell(Rotation rotation, Notice.Kind kind, String text) {
    notices.tell(
        rotation.tenant(),
        kind,
        rotation.id() + "/" + kind.wire(),
        rotation.replaces(),
        null,
        text);
  }

  private void record(Rotation rotation, String type, String outcome, Map<String, String> details) {
    Map<String, String> all = new HashMap<>(details);
    all.put("upstream", rotation.upstream());
    all.put("rotation", rotation.id());
    all.put("replaces", rotation.replaces());
    if (rotation.made() != null) {
      all.put("made", rotation.made());
    }
    audit.append(
        List.of(
            new AuditEvent(
                rotation.tenant(),
                clock.instant(),
                type,
                "server",
                null,
                outcome,
                rotation.id(),
                all)));
  }
}
