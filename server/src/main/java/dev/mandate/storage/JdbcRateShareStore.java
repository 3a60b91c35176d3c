package dev.mandate.storage;

import dev.mandate.domain.ratelimit.RateShareStore;
import dev.mandate.domain.ratelimit.RateUnit;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/// Whoever changes a limit's level or its places locks the limit's row of levels first, in one
/// order: nobody waits in a circle.
final class JdbcRateShareStore implements RateShareStore {
  /// What a row of levels counts in.
  private static final long THOUSANDTHS = 1_000;

  private static final long MINUTE_MILLIS = 60_000;

  /// How long a process that is gone is remembered.
  private static final Duration KEPT = Duration.ofDays(1);

  // A row that is there is locked by being set to itself.
  private static final String LOCK =
      """
      INSERT INTO rate_levels (tenant_id, bucket, unit, used, at)
      VALUES (:tenant, :bucket, :unit, 0, {now})
      ON CONFLICT (tenant_id, bucket, unit) DO UPDATE SET used = rate_levels.used
      RETURNING used, at, {now} AS now
      """;

  private static final String SAVE =
      """
      UPDATE rate_levels SET used = :used, at = :at
      WHERE tenant_id = :tenant AND bucket = :bucket AND unit = :unit
      """;

  private static final String OTHERS =
      """
      SELECT COALESCE(SUM(p.places), 0) AS places
      FROM rate_places p JOIN rate_nodes n ON n.boot = p.boot
      WHERE p.tenant_id = :tenant AND p.bucket = :bucket AND p.boot <> :boot
        AND n.seen_at > {now} - :silence
      """;

  private static final String HAVE =
      """
      INSERT INTO rate_places (tenant_id, bucket, boot, places)
      VALUES (:tenant, :bucket, :boot, :places)
      ON CONFLICT (tenant_id, bucket, boot) DO UPDATE SET places = excluded.places
      """;

  private static final String LET_GO =
      "DELETE FROM rate_places WHERE tenant_id = :tenant AND bucket = :bucket AND boot = :boot";

  private static final String LET_ALL_GO =
      "DELETE FROM rate_places WHERE tenant_id = :tenant AND boot = :boot";

  /// Processes serve every tenant; this finds out of which there is something.
  private static final String TENANTS_OF_BOOT =
      "SELECT DISTINCT tenant_id FROM rate_places WHERE boot = :boot";

  private static final String BEAT =
      "UPDATE rate_nodes SET seen_at = {now} WHERE boot = :boot AND seen_at > {now} - :silence";

  private static final String JOIN =
      """
      INSERT INTO rate_nodes (boot, seen_at) VALUES (:boot, {now})
      ON CONFLICT (boot) DO UPDATE SET seen_at = excluded.seen_at
      """;

  private static final String ALIVE =
      "SELECT COUNT(*) AS nodes FROM rate_nodes WHERE seen_at > {now} - :silence";

  private static final String LEAVE = "DELETE FROM rate_nodes WHERE boot = :boot";

  private static final String FORGET = "DELETE FROM rate_nodes WHERE seen_at < {now} - :silence";

  private static final Comparator<Draw> DRAWS =
      Comparator.comparing((Draw draw) -> draw.tenant().value())
          .thenComparing(Draw::bucket)
          .thenComparing(Draw::unit);

  private static final Comparator<Seek> SEEKS =
      Comparator.comparing((Seek seek) -> seek.tenant().value()).thenComparing(Seek::bucket);

  private final Database database;

  JdbcRateShareStore(Database database) {
    this.database = database;
  }

  /// With the database's own clock in it: nodes' clocks differ.
  private String atNow(String sql) {
    return sql.replace("{now}", database.millis());
  }

  @Override
  public int beat(String boot) {
    return database.write(
        handle -> {
          int kept =
              handle
                  .createUpdate(atNow(BEAT))
                  .bind("boot", boot)
                  .bind("silence", SILENCE_MAX.toMillis())
                  .execute();
          if (kept == 0) {
            // In the transaction that makes it count again: others may have its places by now.
            letGo(handle, boot);
            handle.createUpdate(atNow(JOIN)).bind("boot", boot).execute();
            handle.createUpdate(atNow(FORGET)).bind("silence", KEPT.toMillis()).execute();
          }
          return handle
              .createQuery(atNow(ALIVE))
              .bind("silence", SILENCE_MAX.toMillis())
              .map((row, _) -> row.getInt("nodes"))
              .one();
        });
  }

  private static void letGo(Handle handle, String boot) {
    for (String tenant :
        handle.createQuery(TENANTS_OF_BOOT).bind("boot", boot).mapTo(String.class).list()) {
      handle.createUpdate(LET_ALL_GO).bind("tenant", tenant).bind("boot", boot).execute();
    }
  }

  @Override
  public void leave(String boot) {
    int _ =
        database.write(
            handle -> {
              letGo(handle, boot);
              return handle.createUpdate(LEAVE).bind("boot", boot).execute();
            });
  }

  /// A row of levels as it was found.
  private record Level(long used, long at, long now) {}

  private Level lock(Handle handle, TenantId tenant, String bucket, RateUnit unit) {
    return handle
        .createQuery(atNow(LOCK))
        .bind("tenant", tenant.value())
        .bind("bucket", bucket)
        .bind("unit", unit.wire())
        .map((row, _) -> new Level(row.getLong("used"), row.getLong("at"), row.getLong("now")))
        .one();
  }

  private static void save(
      Handle handle, TenantId tenant, String bucket, RateUnit unit, long used, long at) {
    handle
        .createUpdate(SAVE)
        .bind("tenant", tenant.value())
        .bind("bucket", bucket)
        .bind("unit", unit.wire())
        .bind("used", used)
        .bind("at", at)
        .execute();
  }

  private static List<Integer> inOrder(int size, Comparator<Integer> order) {
    return IntStream.range(0, size).boxed().sorted(order).toList();
  }

  @Override
  public List<Drawn> draw(List<Draw> draws) {
    List<Integer> order =
        inOrder(draws.size(), Comparator.comparing((Integer i) -> draws.get(i), DRAWS));
    return database.write(
        handle -> {
          Drawn[] answers = new Drawn[draws.size()];
          for (int i : order) {
            answers[i] = draw(handle, draws.get(i));
          }
          return List.of(answers);
        });
  }

  private Drawn draw(Handle handle, Draw draw) {
    Level level = lock(handle, draw.tenant(), draw.bucket(), draw.unit());
    // A clock that went back drains nothing. Far below an overflow: at most 10^12 a minute.
    long passed = Math.clamp(level.now - level.at, 0, MINUTE_MILLIS);
    long drained = draw.perMinute() * passed / (MINUTE_MILLIS / THOUSANDTHS);
    long used = Math.max(0, level.used - drained);
    // Time in which nothing ran off yet, as a low limit's does slowly, still counts the next time.
    boolean waits = drained == 0 && used > 0 && level.now >= level.at;
    long at = waits ? level.at : level.now;
    used = Math.max(0, bounded(used, draw.owed()));
    long left = Math.floorDiv(draw.perMinute() * THOUSANDTHS - used, THOUSANDTHS);
    long granted = Math.max(0, Math.min(draw.want(), left));
    used = bounded(used, granted);
    save(handle, draw.tenant(), draw.bucket(), draw.unit(), used, at);
    return new Drawn(granted, (draw.perMinute() * THOUSANDTHS - used) / (double) THOUSANDTHS);
  }

  /// What is owed may be any number; the sum stays far from an overflow.
  private static long bounded(long used, long more) {
    long most = Long.MAX_VALUE / 4;
    long thousandths = Math.clamp(more, -most / THOUSANDTHS, most / THOUSANDTHS) * THOUSANDTHS;
    return Math.min(most, used + thousandths);
  }

  @Override
  public List<Long> seek(String boot, List<Seek> seeks) {
    List<Integer> order =
        inOrder(seeks.size(), Comparator.comparing((Integer i) -> seeks.get(i), SEEKS));
    return database.write(
        handle -> {
          Long[] places = new Long[seeks.size()];
          for (int i : order) {
            places[i] = seek(handle, boot, seeks.get(i));
          }
          return List.of(places);
        });
  }

  private long seek(Handle handle, String boot, Seek seek) {
    Level level = lock(handle, seek.tenant(), seek.bucket(), RateUnit.CALLS);
    save(handle, seek.tenant(), seek.bucket(), RateUnit.CALLS, 0, level.now);
    long others =
        handle
            .createQuery(atNow(OTHERS))
            .bind("tenant", seek.tenant().value())
            .bind("bucket", seek.bucket())
            .bind("boot", boot)
            .bind("silence", SILENCE_MAX.toMillis())
            .map((row, _) -> row.getLong("places"))
            .one();
    long places = Math.max(seek.inUse(), Math.min(seek.want(), seek.limit() - others));
    Update write = handle.createUpdate(places == 0 ? LET_GO : HAVE);
    if (places != 0) {
      write.bind("places", places);
    }
    write
        .bind("tenant", seek.tenant().value())
        .bind("bucket", seek.bucket())
        .bind("boot", boot)
        .execute();
    return places;
  }
}
