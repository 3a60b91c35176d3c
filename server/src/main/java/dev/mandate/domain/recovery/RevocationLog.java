package dev.mandate.domain.recovery;

import dev.mandate.domain.recovery.RecoveryStore.Place;
import dev.mandate.domain.recovery.RecoveryStore.Row;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node's own log of revocations, in a file outside the database and part of no backup of it.
/// A database that is put back to an earlier time would give again what was revoked since: at the
/// start the two are compared, and what the database has forgotten is taken away again.
///
/// It follows the database's sequence, so it has what every node revokes. Now and then a mark is
/// put into both: a database whose mark is not the log's newest is older than the log.
/// docs/decisions/0018-vault-and-backup.md says why this suffices.
public final class RevocationLog implements AutoCloseable {
  /// In the data folder.
  public static final String FILE = "revocations.log";

  /// As long the database's own sequence is kept: a node that was away for longer has missed some.
  static final Duration SEQUENCE_KEPT = Duration.ofDays(7);

  /// From a line to the mark behind it.
  private static final Duration MARK_AFTER = Duration.ofSeconds(10);

  /// Between marks where nothing is revoked: how far back a database may go unseen.
  private static final Duration MARK_EVERY = Duration.ofMinutes(10);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
  private static final long LOOK_MILLIS = 1_000;
  private static final int ROWS_PER_READ = 500;

  private static final Logger log = LoggerFactory.getLogger(RevocationLog.class);

  private final LogFile file;
  private final Parts parts;
  private final Thread thread;
  private final Semaphore woken = new Semaphore(0);
  private volatile boolean closing;
  private Instant markedAt = Instant.EPOCH;
  private boolean marked = true;
  private long seq;
  private Outcome outcome;

  /// @param marks texts that never come twice
  public record Parts(
      RecoveryStore store,
      TenantStore tenants,
      Reapplication reapplication,
      InstantSource clock,
      Supplier<String> marks) {}

  /// What the comparison at the start found and did.
  ///
  /// @param older whether the database is older than the log
  /// @param reapplied revocations that the database had forgotten
  /// @param policies changes of terms, entitlements, upstreams and credentials that the database
  ///   may have forgotten, and that are not in the log
  /// @param completeSince from when on the log has everything
  public record Outcome(
      boolean older,
      int reapplied,
      int policies,
      int sessions,
      int refreshTokens,
      Instant completeSince) {}

  private RevocationLog(LogFile file, Parts parts) {
    this.file = file;
    this.parts = parts;
    this.thread = Thread.ofVirtual().name("revocation-log").unstarted(this::run);
    this.outcome = new Outcome(false, 0, 0, 0, 0, Instant.EPOCH);
  }

  /// From when on the log in this file has everything; null when there is none.
  public static @Nullable Instant completeSince(Path path, Instant now) {
    if (!Files.exists(path)) {
      return null;
    }
    try (LogFile file = LogFile.open(path, now)) {
      return new Reading(file).completeSince;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Compares, takes away again what the database has forgotten, and follows from then on. Nothing
  /// may be cached before.
  ///
  /// @param restored whether the database is known to be older, whatever the marks say
  /// @param endsSessions whether sessions and refresh tokens end where the database is older: which
  ///   of them had ended is in no log
  public static RevocationLog start(
      Path path, Parts parts, ChangeFeed feed, boolean restored, boolean endsSessions) {
    try {
      LogFile file = LogFile.open(path, parts.clock.instant());
      try {
        RevocationLog started = new RevocationLog(file, parts);
        started.begin(restored, endsSessions);
        feed.subscribe(_ -> started.woken.release());
        started.thread.start();
        return started;
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the log of revocations " + path + " cannot be used", e);
    }
  }

  public Outcome outcome() {
    return outcome;
  }

  private void begin(boolean restored, boolean endsSessions) throws IOException {
    Instant now = parts.clock.instant();
    Reading reading = new Reading(file);
    Place place = parts.store.place();
    boolean older = restored || (reading.lines > 0 && reading.isNewerThan(place, parts.store));
    Instant since = reading.completeSince;
    if (since == null || now.isAfter(reading.latest.plus(SEQUENCE_KEPT))) {
      file.append(List.of(Entry.ofLog(Entry.COMPLETE, "", now)));
      since = now;
    }
    if (older) {
      // Before anything is read on: what this database says now is not the latest.
      seq = place == null ? 0 : place.seq();
      outcome = takeAway(reading.after(file, place), now, since, endsSessions);
    } else {
      seq = Math.max(place == null ? 0 : place.seq(), reading.lastSeq);
      outcome = new Outcome(false, 0, 0, 0, 0, since);
    }
    readOn();
    mark();
  }

  private Outcome takeAway(List<Entry> entries, Instant now, Instant since, boolean endsSessions) {
    // Up to here it has forgotten nothing.
    long end = parts.store.end();
    int reapplied = 0;
    int policies = 0;
    for (Entry entry : entries) {
      reapplied += parts.reapplication.apply(entry, now) ? 1 : 0;
      policies += Reapplication.isPolicy(entry) && entry.seq() > end ? 1 : 0;
    }
    int sessions = 0;
    int refreshTokens = 0;
    if (endsSessions) {
      for (Tenant tenant : parts.tenants.all()) {
        sessions += parts.store.endSessions(tenant.id());
        refreshTokens += parts.store.endRefreshTokens(tenant.id(), now);
      }
    }
    return new Outcome(true, reapplied, policies, sessions, refreshTokens, since);
  }

  private void run() {
    boolean failing = false;
    while (!closing) {
      try {
        if (woken.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          woken.drainPermits();
          readOn();
        }
        markWhenDue();
        if (failing) {
          log.info("revocations are written to their log again");
        }
        failing = false;
      } catch (IOException | RuntimeException e) {
        if (!failing) {
          log.error("revocations cannot be written to their log, trying again: {}", e.toString());
        }
        log.debug("not written", e);
        failing = true;
        woken.release();
        if (!closing) {
          pause();
        }
      } catch (InterruptedException e) {
        log.warn("interrupted; revocations are not written to their log any more", e);
        return;
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void readOn() throws IOException {
    List<Row> rows;
    do {
      rows = parts.store.after(seq, ROWS_PER_READ);
      if (!rows.isEmpty()) {
        List<Entry> entries = new ArrayList<>();
        rows.forEach(row -> entries.add(parts.reapplication.entry(row)));
        file.append(entries);
        seq = rows.getLast().seq();
        marked = false;
      }
    } while (rows.size() == ROWS_PER_READ);
  }

  private synchronized void markWhenDue() throws IOException {
    Duration age = Duration.between(markedAt, parts.clock.instant()).abs();
    if (age.compareTo(marked ? MARK_EVERY : MARK_AFTER) >= 0) {
      mark();
    }
  }

  /// First in the log, then in the database, then in the log that the database has it: whichever is
  /// missing after a crash, the two are known to belong together.
  private synchronized void mark() throws IOException {
    Instant now = parts.clock.instant();
    String mark = parts.marks.get();
    file.append(List.of(Entry.ofLog(Entry.MARK, mark, now)));
    parts.store.keep(new Place(seq, mark));
    file.append(List.of(Entry.ofLog(Entry.KEPT, mark, now)));
    markedAt = now;
    marked = true;
  }

  /// Writes what is missing, so that the next start finds both at one place.
  @Override
  public void close() {
    closing = true;
    // Not by an interrupt, which would close the file under a line that is being written.
    woken.release();
    try {
      thread.join(CLOSE_WAIT);
      readOn();
      mark();
      file.close();
    } catch (IOException | RuntimeException e) {
      log.warn("the log of revocations was not closed in order; the next start reads on", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What stands in the file.
  private static final class Reading {
    private int lines;
    private long lastSeq;
    private Instant latest = Instant.EPOCH;
    private @Nullable Instant completeSince;
    private String mark = "";
    private String keptMark = "";

    Reading(LogFile file) throws IOException {
      file.read(this::take);
    }

    private void take(Entry entry) {
      lines++;
      latest = entry.at().isAfter(latest) ? entry.at() : latest;
      lastSeq = entry.isOfLog() ? lastSeq : entry.seq();
      switch (entry.kind()) {
        case Entry.MARK -> mark = entry.subject();
        case Entry.KEPT -> keptMark = entry.subject();
        case Entry.COMPLETE -> completeSince = entry.at();
        default -> {}
      }
    }

    /// Whether the database is older than this log.
    boolean isNewerThan(@Nullable Place place, RecoveryStore store) {
      if (place == null || !(place.mark().equals(mark) || place.mark().equals(keptMark))) {
        return true;
      }
      // Its mark is the newest that it is known to have had. Lines
      // behind it that it has not: it was put back to a moment after its mark.
      return lastSeq > Math.max(place.seq(), store.end());
    }

    /// The lines that the database may not know, of each subject the last: all of them when its
    /// mark is gone.
    List<Entry> after(LogFile file, @Nullable Place place) throws IOException {
      Map<String, Entry> all = new LinkedHashMap<>();
      file.read(
          entry -> {
            if (place != null
                && entry.kind().equals(Entry.MARK)
                && entry.subject().equals(place.mark())) {
              all.clear();
            } else if (!entry.isOfLog()) {
              String key = entry.tenant() + " " + entry.kind() + " " + entry.subject();
              // Each change of terms counts.
              all.put(Reapplication.isPolicy(entry) ? key + " " + all.size() : key, entry);
            }
          });
      return List.copyOf(all.values());
    }
  }
}
