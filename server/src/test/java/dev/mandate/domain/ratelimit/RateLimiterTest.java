package dev.mandate.domain.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.ratelimit.RateLimiter.Over;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.TestClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Limits hold exactly on one node, whatever the clock, the callers and the numbers do.
class RateLimiterTest {
  private static final TenantId TENANT = TenantId.DEFAULT;
  private static final ClientId APP = new ClientId("app");

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final RateLimiter limiter = RateLimiter.alone(nanos::get, 2_000);

  private static RateLimit limit(
      RateHolder holder, @Nullable String subject, @Nullable String model, Rates rates) {
    String id = holder + "/" + subject + "/" + model;
    return new RateLimit(TENANT, id, holder, subject, model, rates, false, TestClock.START);
  }

  private static Rates requests(long perMinute) {
    return new Rates(perMinute, null, null);
  }

  private static Rates tokens(long perMinute) {
    return new Rates(null, perMinute, null);
  }

  private static Rates calls(long atATime) {
    return new Rates(null, null, atATime);
  }

  private static RatePath path(RateCaller caller, RateLimit... limits) {
    return new RateRules(TENANT, List.of(limits)).path(caller);
  }

  private static RateCaller key(String user, String key) {
    return new RateCaller(new UserId(user), APP, new MandateId("m_" + user), new ApiKeyId(key));
  }

  private static RatePath tenant(Rates rates) {
    return path(key("ada", "k"), limit(RateHolder.TENANT, null, null, rates));
  }

  private boolean goes(RatePath path) {
    return limiter.take(path, null, 0, false) instanceof Pass;
  }

  private Pass taken(RatePath path, long tokens) {
    return (Pass) limiter.take(path, null, tokens, false);
  }

  private Over over(RatePath path, long tokens) {
    return (Over) limiter.take(path, null, tokens, false);
  }

  private int howMany(RatePath path) {
    int went = 0;
    while (goes(path)) {
      went++;
    }
    return went;
  }

  private void later(Duration by) {
    nanos.addAndGet(by.toNanos());
  }

  @Test
  void aMinutesWorthMayComeAtOnceAndTheRestEvenly() {
    RatePath path = tenant(requests(60));
    assertThat(howMany(path)).isEqualTo(60);
    assertThat(over(path, 0).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    later(Duration.ofMillis(999));
    assertThat(goes(path)).isFalse();
    later(Duration.ofMillis(1));
    assertThat(howMany(path)).isEqualTo(1);
    later(Duration.ofSeconds(30));
    assertThat(howMany(path)).isEqualTo(30);
    later(Duration.ofDays(400));
    assertThat(howMany(path)).isEqualTo(60);
  }

  @Test
  void anyRateIsExactOverAnHourOfSmallSteps() {
    RatePath path = tenant(requests(7));
    int went = howMany(path);
    for (int i = 0; i < 60 * 60 * 10; i++) {
      later(Duration.ofMillis(100));
      went += howMany(path);
    }
    assertThat(went).isEqualTo(7 + 60 * 7);
  }

  @Test
  void aClockThatGoesBackGivesNothingAndDoesNotStopTheFilling() {
    RatePath path = tenant(requests(60));
    howMany(path);
    later(Duration.ofHours(-5));
    assertThat(goes(path)).isFalse();
    later(Duration.ofSeconds(2));
    assertThat(howMany(path)).isEqualTo(2);
  }

  @Test
  void zeroAllowsNothingAndNoWaitHelps() {
    assertThat(over(tenant(requests(0)), 0).retryAfter()).isNull();
    assertThat(over(tenant(tokens(0)), 1).retryAfter()).isNull();
    assertThat(over(tenant(calls(0)), 0).retryAfter()).isNull();
    assertThat(limiter.check(tenant(requests(0)))).isNotNull();
  }

  @Test
  void theLargestLimitsAndTokenCountsDoNotOverflow() {
    RatePath path = tenant(new Rates(Rates.MAX, Rates.MAX, Rates.MAX));
    for (int i = 0; i < 3; i++) {
      Pass pass = taken(path, 1);
      pass.end(Long.MAX_VALUE / 4);
      Over over = over(path, Long.MAX_VALUE);
      assertThat(over.retryAfter()).isPositive();
      assertThat(over.readings()).allMatch(r -> r.remaining() >= 0 && r.remaining() <= Rates.MAX);
      later(Duration.ofNanos(Long.MAX_VALUE / 2));
      later(Duration.ofNanos(Long.MAX_VALUE / 2));
    }
    assertThatThrownBy(() -> requests(Rates.MAX + 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tokens(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void manyKeysOfAPersonShareThePersonsLimit() {
    RateLimit each = limit(RateHolder.USER, null, null, requests(10));
    int went = 0;
    for (int i = 0; i < 50; i++) {
      went += howMany(path(key("ada", "key" + i), each));
    }
    assertThat(went).isEqualTo(10);
    assertThat(howMany(path(key("bob", "key"), each))).isEqualTo(10);
  }

  @Test
  void theTightestLimitWinsAndARefusedCallTakesNothingOfTheOthers() {
    RatePath narrow =
        path(
            key("ada", "k1"),
            limit(RateHolder.USER, null, null, requests(10)),
            limit(RateHolder.API_KEY, "k1", null, requests(3)));
    assertThat(howMany(narrow)).isEqualTo(3);
    for (int i = 0; i < 100; i++) {
      Over over = over(narrow, 0);
      assertThat(over.limit().holder()).isEqualTo(RateHolder.API_KEY);
      assertThat(over.limit().limit()).isEqualTo(3);
    }
    RatePath other = path(key("ada", "k2"), limit(RateHolder.USER, null, null, requests(10)));
    assertThat(howMany(other)).isEqualTo(7);
  }

  @Test
  void aLimitOfOnesOwnReplacesThatOfEverybodyWhereItSaysSomething() {
    RateLimit each = limit(RateHolder.USER, null, null, new Rates(5L, null, 1L));
    RateLimit adas = limit(RateHolder.USER, "ada", null, requests(8));
    RatePath path = path(key("ada", "k"), each, adas);
    taken(path, 0);
    assertThat(over(path, 0).limit().unit()).isEqualTo(RateUnit.CALLS);
    later(Duration.ofDays(1));
    assertThat(limiter.check(path)).isNotNull();
  }

  @Test
  void aModelWithALimitOfItsOwnIsCountedBesideTheSumOfAll() {
    RatePath path =
        path(
            key("ada", "k"),
            limit(RateHolder.TENANT, null, null, requests(5)),
            limit(RateHolder.TENANT, null, "dear", requests(2)));
    assertThat(limiter.take(path, "dear", 0, false)).isInstanceOf(Pass.class);
    assertThat(limiter.take(path, "dear", 0, false)).isInstanceOf(Pass.class);
    assertThat(((Over) limiter.take(path, "dear", 0, false)).limit().model()).isEqualTo("dear");
    assertThat(limiter.take(path, "cheap", 0, false)).isInstanceOf(Pass.class);
    assertThat(howMany(path)).isEqualTo(2);
  }

  @Test
  void anIdThatLooksLikeAModelAndAnIdHasABucketOfItsOwn() {
    RateLimit each = limit(RateHolder.CLIENT, null, null, requests(1));
    RateLimit ofModel = limit(RateHolder.CLIENT, null, "m", requests(1));
    RateCaller sly =
        new RateCaller(null, new ClientId("m app"), new MandateId("x"), new ApiKeyId("k"));
    RateCaller app = new RateCaller(null, APP, new MandateId("x"), new ApiKeyId("k"));
    assertThat(limiter.take(path(sly, each, ofModel), "m", 0, false)).isInstanceOf(Pass.class);
    assertThat(limiter.take(path(app, each, ofModel), "m", 0, false)).isInstanceOf(Pass.class);
  }

  @Test
  void tokensAreTakenAtTheirBoundAndCorrectedWhenTheCallEnds() {
    RatePath path = tenant(tokens(1_000));
    Pass first = taken(path, 800);
    assertThat(over(path, 300).retryAfter()).isEqualTo(Duration.ofSeconds(6));
    first.end(100);
    Pass second = taken(path, 900);
    second.end(1_900);
    assertThat(over(path, 1).retryAfter())
        .isCloseTo(Duration.ofMillis(60_060), Duration.ofMillis(1));
    later(Duration.ofSeconds(60));
    assertThat(over(path, 1).limit().unit()).isEqualTo(RateUnit.TOKENS);
    later(Duration.ofMillis(61));
    taken(path, 1);
  }

  @Test
  void aCallLargerThanAMinutesWorthGoesWhenNothingIsTaken() {
    RatePath path = tenant(tokens(1_000));
    Pass large = taken(path, 5_000);
    large.end(5_000);
    assertThat(over(path, 1).retryAfter())
        .isCloseTo(Duration.ofMillis(4 * 60_000 + 60), Duration.ofMillis(1));
  }

  @Test
  void aPlaceIsFreeAgainExactlyOnceWhoeverEndsTheCall() {
    RatePath path = tenant(calls(2));
    Pass first = taken(path, 0);
    taken(path, 0);
    assertThat(over(path, 0).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    first.end(0);
    first.end(0);
    first.withdraw();
    assertThat(howMany(path)).isEqualTo(1);
  }

  @Test
  void whatWasNotSentGivesBackItsRequestAndItsTokens() {
    RatePath path = tenant(new Rates(1L, 100L, 1L));
    for (int i = 0; i < 5; i++) {
      taken(path, 100).withdraw();
    }
    taken(path, 100).end(100);
    assertThat(goes(path)).isFalse();
  }

  @Test
  void anotherLimitHoldsForWhatWasTakenBefore() {
    assertThat(howMany(tenant(requests(10)))).isEqualTo(10);
    assertThat(howMany(tenant(requests(25)))).isEqualTo(15);
    assertThat(howMany(tenant(requests(5)))).isZero();
    later(Duration.ofSeconds(60));
    assertThat(howMany(tenant(requests(30)))).isEqualTo(10);
  }

  @Test
  void aFloodOfKeysTakesNoMoreThanItsShareOfTheMemoryAndFreesNobody() {
    RateLimit each = limit(RateHolder.API_KEY, null, null, new Rates(1L, null, 1L));
    RateLimit ada = limit(RateHolder.USER, null, null, requests(5));
    RatePath held = path(key("eve", "held"), each);
    taken(held, 0);
    int went = 0;
    for (int i = 0; i < 5_000; i++) {
      if (limiter.take(path(key("ada", "key" + i), each, ada), null, 0, false)
          instanceof Pass pass) {
        pass.end(0);
        went++;
      }
    }
    assertThat(went).isEqualTo(5);
    assertThat(limiter.buckets()).isLessThanOrEqualTo(2_000);
    later(Duration.ofMinutes(2));
    assertThat(over(held, 0).limit().unit()).isEqualTo(RateUnit.CALLS);
  }

  @Test
  void racingCallsGetExactlyWhatThereIs() throws Exception {
    RatePath path =
        path(
            key("ada", "k"),
            limit(RateHolder.TENANT, null, null, requests(500)),
            limit(RateHolder.USER, null, null, new Rates(300L, null, 200L)));
    AtomicLong open = new AtomicLong();
    AtomicLong most = new AtomicLong();
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> running = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        running.add(
            threads.submit(
                () -> {
                  int went = 0;
                  for (int i = 0; i < 1_000; i++) {
                    if (limiter.take(path, null, 1, false) instanceof Pass pass) {
                      went++;
                      most.accumulateAndGet(open.incrementAndGet(), Math::max);
                      open.decrementAndGet();
                      pass.end(1);
                    }
                  }
                  return went;
                }));
      }
      int went = 0;
      for (Future<Integer> one : running) {
        went += one.get(1, TimeUnit.MINUTES);
      }
      assertThat(went).isEqualTo(300);
      assertThat(most.get()).isLessThanOrEqualTo(200);
    }
  }
}
