package dev.mandate.domain.credential;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Takes a credential that its provider refuses out of use on all nodes, and tells once. Blocking.
public final class Rejections {
  /// A credential is not tested more often than this, whatever callers provoke.
  static final Duration TESTED_EVERY = Duration.ofSeconds(30);

  private static final int REMEMBERED_MAX = 10_000;

  private final CredentialLifeStore lives;
  private final ProviderDesk desk;
  private final AuditStore audit;
  private final Notices notices;
  private final InstantSource clock;
  private final Map<String, Instant> tested = new ConcurrentHashMap<>();

  public Rejections(
      CredentialLifeStore lives,
      ProviderDesk desk,
      AuditStore audit,
      Notices notices,
      InstantSource clock) {
    this.lives = lives;
    this.desk = desk;
    this.audit = audit;
    this.notices = notices;
    this.clock = clock;
  }

  /// The provider said that it does not know the key.
  public void rejected(Upstream upstream, String credential, String requestId) {
    Instant now = clock.instant();
    if (!lives.reject(upstream.tenant(), credential, "rejected", now)) {
      return;
    }
    record(upstream, credential, "credential.rejected", requestId);
    Stored stored = lives.find(upstream.tenant(), credential);
    boolean own = stored != null && stored.owner() != null;
    notices.tell(
        upstream.tenant(),
        Notice.Kind.CREDENTIAL_REJECTED,
        credential + "/" + now.toEpochMilli(),
        credential,
        stored == null ? null : stored.owner(),
        "The provider of upstream '%s' refused %s%s. It takes no calls until a test finds it good or somebody puts it into use."
            .formatted(
                upstream.name(),
                own ? "a person's own key" : "the key",
                stored == null || stored.hint().isEmpty() ? "" : " ending in " + stored.hint()));
  }

  /// The provider refused a call; whether for the key, a test says.
  public void suspected(Upstream upstream, String credential, Secret secret, String requestId) {
    Instant now = clock.instant();
    if (tested.size() > REMEMBERED_MAX) {
      tested.clear();
    }
    String key = upstream.tenant() + "/" + credential;
    Instant last = tested.put(key, now);
    if (last != null && now.isBefore(last.plus(TESTED_EVERY))) {
      tested.put(key, last);
      return;
    }
    if (desk.test(upstream, secret) == ProviderDesk.Verdict.REJECTED) {
      rejected(upstream, credential, requestId);
    }
  }

  /// Tests those that were rejected and are due.
  void retry(TenantId tenant, Upstreams upstreams, Opener opener, int limit) {
    for (Stored stored : lives.takeRetries(tenant, clock.instant(), limit)) {
      Upstream upstream = upstreams.find(tenant, stored.upstream());
      if (upstream == null) {
        continue;
      }
      switch (desk.test(upstream, opener.open(stored))) {
        case OK -> {
          if (lives.recover(tenant, stored.id(), clock.instant())) {
            record(upstream, stored.id(), "credential.recovered", stored.id());
          }
        }
        case REJECTED, FORBIDDEN -> lives.stillRejected(tenant, stored.id(), clock.instant());
        case UNREACHABLE -> {
          // The store offers it again in a minute.
        }
      }
    }
  }

  /// Finds upstreams.
  interface Upstreams {
    @Nullable Upstream find(TenantId tenant, String name);
  }

  /// Opens what is sealed.
  interface Opener {
    Secret open(Stored stored);
  }

  private void record(Upstream upstream, String credential, String type, String requestId) {
    audit.append(
        List.of(
            new AuditEvent(
                upstream.tenant(),
                clock.instant(),
                type,
                "server",
                null,
                "ok",
                requestId,
                Map.of("upstream", upstream.name(), "credential", credential))));
  }
}
