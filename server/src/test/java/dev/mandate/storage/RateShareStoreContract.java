package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.ratelimit.RateShareStore.Draw;
import dev.mandate.domain.ratelimit.RateShareStore.Drawn;
import dev.mandate.domain.ratelimit.RateShareStore.Seek;
import dev.mandate.domain.ratelimit.RateUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

abstract class RateShareStoreContract extends StoreContract {
  /// So slow that no test sees any of it run off.
  private static final long SLOW = 4;

  RateShareStoreContract(Opening opening) {
    super(opening);
  }

  private Drawn draw(String bucket, long limit, long owed, long want) {
    return stores
        .rateShares()
        .draw(List.of(new Draw(ACME, bucket, RateUnit.REQUESTS, limit, owed, want)))
        .getFirst();
  }

  private long seek(String boot, long limit, long inUse, long want) {
    return stores
        .rateShares()
        .seek(boot, List.of(new Seek(ACME, "b", limit, inUse, want)))
        .getFirst();
  }

  @Test
  void whatIsDrawnIsGoneForOthersAndWhatGoesBackIsThere() {
    assertThat(draw("b", SLOW, 0, 3)).isEqualTo(new Drawn(3, 1));
    assertThat(draw("b", SLOW, 0, 3).granted()).isEqualTo(1);
    assertThat(draw("b", SLOW, 0, 3).granted()).isZero();
    assertThat(draw("b", SLOW, -2, 3).granted()).isEqualTo(2);
    assertThat(draw("other", SLOW, 0, 9).granted()).isEqualTo(4);
    assertThat(
            stores
                .rateShares()
                .draw(List.of(new Draw(GLOBEX, "b", RateUnit.REQUESTS, SLOW, 0, 9)))
                .getFirst()
                .granted())
        .isEqualTo(4);
  }

  @Test
  void whatIsOwedIsBookedWhateverIsLeftAndAnyNumberIsFarFromAnOverflow() {
    assertThat(draw("b", SLOW, 10, 1)).isEqualTo(new Drawn(0, -6));
    for (int i = 0; i < 5; i++) {
      assertThat(draw("b", SLOW, Long.MAX_VALUE, Long.MAX_VALUE).granted()).isZero();
    }
    assertThat(draw("b", SLOW, Long.MIN_VALUE, 1).granted()).isEqualTo(1);
    assertThat(draw("z", 0, 0, 5).granted()).isZero();
  }

  @Test
  void aLevelRunsOffWithTheDatabasesTime() throws InterruptedException {
    // One in a millisecond.
    assertThat(draw("b", 60_000, 0, 60_000).granted()).isEqualTo(60_000);
    Thread.sleep(20);
    assertThat(draw("b", 60_000, 0, 60_000).granted()).isBetween(15L, 59_000L);
  }

  @Test
  void racingNodesDrawExactlyWhatThereIs() {
    List<Long> granted = race(RACERS, _ -> draw("b", SLOW, 0, 1).granted());
    assertThat(granted.stream().mapToLong(g -> g).sum()).isEqualTo(SLOW);
  }

  @Test
  void placesOfAllThatLiveNeverExceedTheLimitBeyondThoseInUse() {
    stores.rateShares().beat("one");
    assertThat(stores.rateShares().beat("two")).isEqualTo(2);
    assertThat(seek("one", 5, 0, 4)).isEqualTo(4);
    assertThat(seek("two", 5, 0, 4)).isEqualTo(1);
    assertThat(seek("one", 5, 2, 2)).isEqualTo(2);
    assertThat(seek("two", 5, 1, 4)).isEqualTo(3);
    // Lowered: who is there stays.
    assertThat(seek("two", 1, 3, 4)).isEqualTo(3);
    assertThat(seek("one", 1, 2, 9)).isEqualTo(2);
    stores.rateShares().leave("two");
    assertThat(seek("one", 5, 2, 9)).isEqualTo(5);
  }

  @Test
  void racingNodesGetNoMorePlacesThanThereAre() {
    for (int i = 0; i < RACERS; i++) {
      stores.rateShares().beat("n" + i);
    }
    List<Long> places = race(RACERS, i -> seek("n" + i, 5, 0, 2));
    assertThat(places.stream().mapToLong(p -> p).sum()).isEqualTo(5);
  }

  @Test
  void whoWasSilentForTooLongHasNoPlacesAndComesBackWithoutAny() {
    stores.rateShares().beat("one");
    stores.rateShares().beat("two");
    assertThat(seek("one", 5, 0, 5)).isEqualTo(5);
    assertThat(seek("two", 5, 0, 1)).isZero();
    silence("one", 9_000);
    assertThat(seek("two", 5, 0, 1)).isZero();
    silence("one", 10_001);
    assertThat(seek("two", 5, 0, 3)).isEqualTo(3);
    stores.rateShares().beat("one");
    assertThat(seek("two", 5, 3, 5)).isEqualTo(5);
    assertThat(seek("one", 5, 0, 5)).isZero();
  }

  private void silence(String boot, long millis) {
    int _ =
        stores
            .database()
            .write(
                handle ->
                    handle
                        .createUpdate(
                            "UPDATE rate_nodes SET seen_at = "
                                + stores.database().millis()
                                + " - :millis WHERE boot = :boot")
                        .bind("boot", boot)
                        .bind("millis", millis)
                        .execute());
  }
}
