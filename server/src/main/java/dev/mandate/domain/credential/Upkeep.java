package dev.mandate.domain.credential;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What has to be done about credentials from time to time, on every node: drained ones retire,
/// rejected ones are tested, rotations go on, old ones are told of. [#tick] is called every few
/// seconds; what only one node may do, a store gives to one.
public final class Upkeep {
  /// How often [#tick] is to be called.
  public static final Duration TICK = Duration.ofSeconds(2);

  /// From this age on people are told to replace a credential.
  public static final Duration OLD = Duration.ofDays(90);

  /// How often they are told again.
  static final Duration TOLD_EVERY = Duration.ofDays(30);

  private static final Duration USED_EVERY = Duration.ofMinutes(1);
  private static final Duration AGES_EVERY = Duration.ofHours(1);
  private static final int RETRIES_A_TICK_MAX = 20;
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

  /// What calls do with credentials on this node.
  public interface Traffic {
    /// Those that calls are open with.
    Map<TenantId, Set<String>> open();

    /// When they were used, as far as this was not told before.
    Map<TenantId, Map<String, Instant>> takeUsed();
  }

  /// What it works with.
  public record Stores(
      TenantStore tenants,
      UpstreamStore upstreams,
      CredentialLifeStore lives,
      CredentialPolicyStore policies,
      AuditStore audit) {}

  private final Stores stores;
  private final Vault vault;
  private final Rejections rejections;
  private final Rotations rotations;
  private final Traffic traffic;
  private final Notices notices;
  private final Executor background;
  private final String holder;
  private final InstantSource clock;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private Instant usedTold = Instant.EPOCH;
  private Instant busyTold = Instant.EPOCH;
  private Instant agesTold = Instant.EPOCH;

  /// @param background where providers are asked, which takes time
  /// @param holder this process, among those that share the database
  public Upkeep(
      Stores stores,
      Vault vault,
      Rejections rejections,
      Rotations rotations,
      Traffic traffic,
      Notices notices,
      Executor background,
      String holder,
      InstantSource clock) {
    this.stores = stores;
    this.vault = vault;
    this.rejections = rejections;
    this.rotations = rotations;
    this.traffic = traffic;
    this.notices = notices;
    this.background = background;
    this.holder = holder;
    this.clock = clock;
  }

  /// Not at the same time twice.
  public void tick() {
    Instant now = clock.instant();
    if (!now.isBefore(busyTold.plus(CredentialLifeStore.BUSY_EVERY))) {
      busyTold = now;
      Map<TenantId, Set<String>> open = traffic.open();
      for (TenantId tenant : stores.lives.tenants()) {
        stores.lives.busy(tenant, open.getOrDefault(tenant, Set.of()), now);
        retire(tenant, now);
        alone("retry/" + tenant, () -> retry(tenant));
      }
    }
    if (!now.isBefore(usedTold.plus(USED_EVERY))) {
      usedTold = now;
      traffic.takeUsed().forEach(stores.lives::used);
    }
    if (!now.isBefore(agesTold.plus(AGES_EVERY))) {
      agesTold = now;
      ages(now);
      rotations.schedule();
    }
    for (Rotation rotation : rotations.take(holder, Rotations.HOLD)) {
      alone("rotation/" + rotation.id(), () -> rotations.goOn(rotation, holder));
    }
  }

  private void alone(String what, Runnable work) {
    if (underWay.add(what)) {
      background.execute(
          () -> {
            try {
              work.run();
            } catch (RuntimeException e) {
              log.error("{} failed; it is tried again", what, e);
            } finally {
              underWay.remove(what);
            }
          });
    }
  }

  private void retire(TenantId tenant, Instant now) {
    List<AuditEvent> events = new ArrayList<>();
    for (Stored retired : stores.lives.retire(tenant, now)) {
      events.add(
          new AuditEvent(
              tenant,
              now,
              "credential.retired",
              "server",
              null,
              "ok",
              retired.id(),
              Map.of("upstream", retired.upstream(), "credential", retired.id())));
    }
    if (!events.isEmpty()) {
      stores.audit.append(events);
    }
  }

  private void retry(TenantId tenant) {
    rejections.retry(tenant, stores.upstreams::find, this::open, RETRIES_A_TICK_MAX);
  }

  private Secret open(Stored stored) {
    byte[] secret = vault.open(stored.tenant(), Stored.row(stored.id()), stored.sealedSecret());
    return Secret.of(new String(secret, StandardCharsets.UTF_8));
  }

  private void ages(Instant now) {
    for (Tenant tenant : stores.tenants.all()) {
      for (Stored old : stores.lives.takingCallsSince(tenant.id(), now.minus(OLD))) {
        Duration past = Duration.between(old.createdAt().plus(OLD), now);
        long period = past.dividedBy(TOLD_EVERY);
        notices.tell(
            tenant.id(),
            Notice.Kind.CREDENTIAL_OLD,
            old.id() + "/" + period,
            old.id(),
            old.owner(),
            "The key for upstream '%s'%s is %d days old. Replace it: add a new one, and delete this one at the provider."
                .formatted(
                    old.upstream(),
                    old.hint().isEmpty() ? "" : " ending in " + old.hint(),
                    Duration.between(old.createdAt(), now).toDays()));
      }
      remind(tenant.id(), now);
    }
  }

  /// A schedule where nobody but people can make a key.
  private void remind(TenantId tenant, Instant now) {
    for (CredentialPolicy policy : stores.policies.policies(tenant)) {
      Integer days = policy.rotateDays();
      if (days == null || policy.makesKeys()) {
        continue;
      }
      Duration schedule = Duration.ofDays(days);
      for (Stored due : stores.lives.takingCallsSince(tenant, now.minus(schedule))) {
        if (due.owner() == null && due.upstream().equals(policy.upstream())) {
          long period = Duration.between(due.createdAt(), now).dividedBy(schedule);
          notices.tell(
              tenant,
              Notice.Kind.CREDENTIAL_OLD,
              due.id() + "/scheduled/" + period,
              due.id(),
              null,
              "The key for upstream '%s' is due to be replaced: its schedule says every %d days, and its provider lets only people make keys."
                  .formatted(due.upstream(), days));
        }
      }
    }
  }
}
