package dev.mandate.domain.origin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Tenants;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class AllowedOriginsTest {
  private static final Client APP = Clients.app(Tenants.ACME);

  /// The client is there at the first look; the second fails; then it is gone.
  private static ClientStore store(AtomicInteger looks) {
    return (ClientStore)
        Proxy.newProxyInstance(
            ClientStore.class.getClassLoader(),
            new Class<?>[] {ClientStore.class},
            (_, method, _) -> {
              assertThat(method.getName()).isEqualTo("all");
              return switch (looks.incrementAndGet()) {
                case 1 -> List.of(APP);
                case 2 -> throw new IllegalStateException("the database does not answer");
                default -> List.of();
              };
            });
  }

  @Test
  void aReadThatFailsAfterAChangeIsTriedAgainWithoutAnotherChange() {
    AtomicInteger looks = new AtomicInteger();
    ChangeFeed changes = new ChangeFeed();
    AllowedOrigins origins = new AllowedOrigins(store(looks), changes, ForkJoinPool.commonPool());
    String origin = APP.origins().iterator().next();
    assertThat(origins.allows(Tenants.ACME, origin)).isTrue();
    changes.publish(new Change.ClientChanged(Tenants.ACME, APP.id()));
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (origins.allows(Tenants.ACME, origin) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(origins.allows(Tenants.ACME, origin)).isFalse();
    assertThat(looks).hasValue(3);
  }
}
