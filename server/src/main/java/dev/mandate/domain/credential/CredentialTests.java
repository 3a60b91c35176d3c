package dev.mandate.domain.credential;

import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Tests a credential because somebody asks for it: within a rate, since each test is a request
/// that this server makes to an address that a tenant chose.
public final class CredentialTests {
  /// Of one tenant, on one node.
  public static final int TESTS_MAX = 10;

  public static final Duration TESTS_WITHIN = Duration.ofMinutes(1);

  private static final int TENANTS_MAX = 10_000;

  private final ProviderDesk desk;
  private final Rejections rejections;
  private final Vault vault;
  private final InstantSource clock;
  private final Map<String, Deque<Instant>> asked = new ConcurrentHashMap<>();

  public CredentialTests(
      ProviderDesk desk, Rejections rejections, Vault vault, InstantSource clock) {
    this.desk = desk;
    this.rejections = rejections;
    this.vault = vault;
    this.clock = clock;
  }

  /// A key that the provider refuses is out of use from then on.
  ///
  /// @param requestId of who asks
  /// @return null when there were too many
  public ProviderDesk.@Nullable Verdict test(Upstream upstream, Stored stored, String requestId) {
    if (!mayAsk(upstream.tenant().value())) {
      return null;
    }
    byte[] secret = vault.open(stored.tenant(), Stored.row(stored.id()), stored.sealedSecret());
    ProviderDesk.Verdict verdict =
        desk.test(upstream, Secret.of(new String(secret, StandardCharsets.UTF_8)));
    if (verdict == ProviderDesk.Verdict.REJECTED) {
      rejections.rejected(upstream, stored.id(), requestId);
    }
    return verdict;
  }

  private boolean mayAsk(String tenant) {
    Instant now = clock.instant();
    if (asked.size() > TENANTS_MAX) {
      asked.clear();
    }
    boolean[] may = {false};
    asked.compute(
        tenant,
        (_, before) -> {
          Deque<Instant> times = before == null ? new ArrayDeque<>() : before;
          while (!times.isEmpty() && !now.isBefore(times.peekFirst().plus(TESTS_WITHIN))) {
            times.removeFirst();
          }
          may[0] = times.size() < TESTS_MAX;
          if (may[0]) {
            times.addLast(now);
          }
          return times;
        });
    return may[0];
  }
}
