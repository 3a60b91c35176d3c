package dev.mandate.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.gateway.Refusal;
import dev.mandate.testing.TestClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SeenProofsTest {
  private static final TenantId TENANT = new TenantId("acme");

  private final TestClock clock = new TestClock();

  private boolean use(SeenProofs seen, String jti) {
    return seen.useOnce(TENANT, UsedOnceStore.id("dpop", "key", jti), clock.instant());
  }

  @Test
  void aProofIsRememberedForAsLongAsItsNonceCanBeGoodWheneverItComes() {
    Duration good = DpopNonces.LIFETIME.plus(DpopNonces.SKEW);
    for (int second = 0; second < 90; second++) {
      SeenProofs seen = new SeenProofs(clock);
      clock.advance(Duration.ofSeconds(second));
      assertThat(use(seen, "jti")).isTrue();
      for (int later = 0; later < good.toSeconds(); later++) {
        clock.advance(Duration.ofSeconds(1));
        // Others come meanwhile, and turn the page.
        use(seen, "other-" + later);
        assertThat(use(seen, "jti")).as(second + " + " + later).isFalse();
      }
    }
  }

  @Test
  void anotherTenantsIsAnother() {
    SeenProofs seen = new SeenProofs(clock);
    assertThat(use(seen, "jti")).isTrue();
    assertThat(
            seen.useOnce(
                new TenantId("globex"), UsedOnceStore.id("dpop", "key", "jti"), clock.instant()))
        .isTrue();
  }

  @Test
  void whatCannotBeRememberedIsRefusedUntilSomethingIsForgotten() {
    SeenProofs seen = new SeenProofs(clock, 2);
    assertThat(use(seen, "a")).isTrue();
    assertThat(use(seen, "b")).isTrue();
    assertThatThrownBy(() -> use(seen, "c"))
        .isInstanceOfSatisfying(
            Refusal.class, e -> assertThat(e.code()).isEqualTo(Refusal.Code.OVERLOADED));
    assertThat(use(seen, "a")).isFalse();
    clock.advance(Duration.ofSeconds(40));
    assertThat(use(seen, "c")).isTrue();
    assertThat(use(seen, "a")).as("of the turn before").isFalse();
  }
}
