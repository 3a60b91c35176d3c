package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.RateLimitStore.Inserted;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class RateLimitStoreContract extends StoreContract {
  private static final Rates SOME = new Rates(10L, Rates.MAX, null);
  private static final Rates OTHER = new Rates(null, null, 0L);

  RateLimitStoreContract(Opening opening) {
    super(opening);
  }

  private static RateLimit limit(
      TenantId tenant, String id, RateHolder holder, @Nullable String subject, Rates rates) {
    return new RateLimit(tenant, id, holder, subject, null, rates, false, NOW);
  }

  private static RateLimit configured(String id, RateHolder holder, Rates rates) {
    return new RateLimit(ACME, id, holder, null, null, rates, true, NOW);
  }

  @Test
  void aLimitIsReadAsItWasSetByItsTenantOnlyAndEachChangeIsAnnounced() {
    RateLimit limit =
        new RateLimit(ACME, "rl_1", RateHolder.USER, "mia", "gpt-5", SOME, false, NOW);
    assertThat(stores.rateLimits().insert(limit)).isEqualTo(Inserted.DONE);
    assertThat(stores.rateLimits().find(ACME, "rl_1")).isEqualTo(limit);
    assertThat(stores.rateLimits().all(ACME)).containsExactly(limit);
    assertThat(stores.rateLimits().find(GLOBEX, "rl_1")).isNull();
    assertThat(stores.rateLimits().all(GLOBEX)).isEmpty();
    assertThat(stores.rateLimits().delete(GLOBEX, "rl_1")).isFalse();
    assertThat(stores.rateLimits().replace(limit, OTHER)).isTrue();
    assertThat(stores.rateLimits().find(ACME, "rl_1")).isEqualTo(limit.withRates(OTHER));
    assertThat(stores.rateLimits().replace(limit, SOME)).isFalse();
    assertThat(stores.rateLimits().delete(ACME, "rl_1")).isTrue();
    assertThat(stores.rateLimits().delete(ACME, "rl_1")).isFalse();
    assertThat(heard).hasSize(3).containsOnly(new Change.PolicyChanged(ACME));
  }

  @Test
  void ofRacingLimitsForTheSameCallsOneIsThere() {
    List<Inserted> ends =
        race(
            RACERS,
            i -> stores.rateLimits().insert(limit(ACME, "rl_" + i, RateHolder.TENANT, null, SOME)));
    assertThat(ends).containsOnlyOnce(Inserted.DONE).contains(Inserted.THERE);
    assertThat(stores.rateLimits().all(ACME)).hasSize(1);
  }

  @Test
  void limitsComeInPagesById() {
    for (String id : List.of("c", "a", "b")) {
      stores.rateLimits().insert(limit(ACME, id, RateHolder.USER, id, SOME));
    }
    stores.rateLimits().insert(limit(GLOBEX, "aa", RateHolder.USER, "a", SOME));
    assertThat(stores.rateLimits().page(ACME, null, 2))
        .extracting(RateLimit::id)
        .containsExactly("a", "b");
    assertThat(stores.rateLimits().page(ACME, "b", 2))
        .extracting(RateLimit::id)
        .containsExactly("c");
  }

  @Test
  void theConfigurationFileSetsItsOwnAndLeavesWhatCameInOtherwise() {
    RateLimit byHand = limit(ACME, "rl_hand", RateHolder.USER, "mia", SOME);
    stores.rateLimits().insert(byHand);
    stores.rateLimits().insert(limit(ACME, "rl_both", RateHolder.CLIENT, null, OTHER));
    RateLimit users = configured("rl_users", RateHolder.USER, SOME);
    stores
        .rateLimits()
        .configure(ACME, List.of(users, configured("rl_new", RateHolder.CLIENT, SOME)));
    assertThat(stores.rateLimits().all(ACME))
        .containsExactlyInAnyOrder(byHand, users, configured("rl_both", RateHolder.CLIENT, SOME));
    heard.clear();
    stores
        .rateLimits()
        .configure(ACME, List.of(configured("rl_again", RateHolder.CLIENT, SOME), users));
    assertThat(heard).isEmpty();
    stores.rateLimits().configure(ACME, List.of());
    assertThat(stores.rateLimits().all(ACME)).containsExactly(byHand);
    assertThat(heard).containsExactly(new Change.PolicyChanged(ACME));
  }
}
