package dev.mandate.domain.budget;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.journal.Journal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what [CallJournal] of an earlier process wrote and brings the ledger up to it.
///
/// Settled calls are appended as they were settled; the ledger ignores those that it has. Calls
/// that had started are charged in full, those that had not are forgotten. Where the journal is
/// damaged, the record that a call started may be what is missing: then every open call is charged.
final class CallReplay {
  /// What the ledger says of a call that a process kill left open.
  static final String KILLED = "killed";

  private static final Logger LOG = LoggerFactory.getLogger(CallReplay.class);

  /// What was reserved. Its usage in the ledger is the bound on its tokens, all put down as input,
  /// because nobody knows how they would have been split.
  private record Open(
      Call call,
      List<AccountId> accounts,
      Amount worst,
      CalendarWindows windows,
      Instant reservedAt,
      boolean started) {
    LedgerEntry entry(
        Instant settledAt, Usage usage, long costMicros, String outcome, boolean estimated) {
      return new LedgerEntry(
          call, accounts, reservedAt, settledAt, windows, usage, costMicros, outcome, estimated);
    }
  }

  private final LedgerStore ledger;
  private final int batchEntries;
  private final Map<Long, Open> open = new LinkedHashMap<>();
  private final List<LedgerEntry> batch = new ArrayList<>();
  private int settled;

  CallReplay(LedgerStore ledger, int batchEntries) {
    this.ledger = ledger;
    this.batchEntries = batchEntries;
  }

  /// Opens the journal and brings the ledger up to it. The journal's caller lets go of what was
  /// read.
  static Journal open(
      Path journalFolder, LedgerStore ledger, InstantSource clock, BudgetBounds bounds) {
    CallReplay replay = new CallReplay(ledger, bounds.batchEntries());
    Journal journal =
        Journal.open(journalFolder, bounds.segmentBytes(), bounds.maxSegments(), replay::read);
    try {
      Replayed replayed = replay.finish(journal.damaged(), clock.instant());
      if (journal.damaged()) {
        LOG.error(
            "the journal in {} is damaged: {} settled calls read, all {} open calls are charged at"
                + " their reserve",
            journalFolder,
            replayed.settled(),
            replayed.killed());
      } else if (replayed.killed() > 0) {
        LOG.warn(
            "{} calls were cut off by the end of the last process and are charged at their reserve",
            replayed.killed());
      }
      return journal;
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  void read(ByteBuffer record) {
    byte kind = record.get();
    long number = record.getLong();
    switch (kind) {
      case CallJournal.RESERVED_BY_DAY -> open.put(number, reserved(record, false, false));
      case CallJournal.RESERVED -> open.put(number, reserved(record, true, false));
      case CallJournal.RESERVED_WITH_TAGS -> open.put(number, reserved(record, true, true));
      case CallJournal.STARTED ->
          open.computeIfPresent(
              number,
              (n, o) -> new Open(o.call, o.accounts, o.worst, o.windows, o.reservedAt, true));
      case CallJournal.RELEASED -> open.remove(number);
      case CallJournal.SETTLED -> settled(open.remove(number), record, false);
      case CallJournal.SETTLED_WITH_UNITS -> settled(open.remove(number), record, true);
      default ->
          throw new IllegalStateException(
              "journal record of kind "
                  + kind
                  + ", expected 1 to 5, 8 or 9: written by a newer version?");
    }
  }

  private static Open reserved(ByteBuffer record, boolean withHour, boolean tagged) {
    boolean started = record.get() != 0;
    Instant reservedAt = Instant.ofEpochMilli(record.getLong());
    CalendarWindows windows = CalendarWindows.of(reservedAt.toEpochMilli(), record.getLong());
    if (withHour) {
      windows = new CalendarWindows(windows.minute(), record.getLong(), windows.day());
    }
    Amount worst = new Amount(record.getLong(), record.getLong());
    Call call = call(record);
    int count = record.get();
    List<AccountId> accounts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      accounts.add(new AccountId(new TenantId(text(record)), text(record)));
    }
    if (tagged) {
      call = call.with(text(record));
    }
    return new Open(call, accounts, worst, windows, reservedAt, started);
  }

  private static Call call(ByteBuffer record) {
    TenantId tenant = new TenantId(text(record));
    String id = text(record);
    MandateId mandate = new MandateId(text(record));
    int access = record.getInt();
    ClientId client = new ClientId(text(record));
    String user = nullableText(record);
    String apiKey = nullableText(record);
    return new Call(
        tenant,
        id,
        mandate,
        access,
        client,
        user == null ? null : new UserId(user),
        apiKey == null ? null : new ApiKeyId(apiKey),
        text(record),
        text(record),
        text(record),
        text(record));
  }

  /// @param call null when its reserve record went with a segment that was not needed any more
  private void settled(@Nullable Open call, ByteBuffer record, boolean units) {
    if (call == null) {
      return;
    }
    Instant settledAt = Instant.ofEpochMilli(record.getLong());
    long media = units ? record.getLong() : 0;
    long number = units ? record.getLong() : 0;
    Usage usage =
        new Usage(
            record.getLong(),
            record.getLong(),
            record.getLong(),
            record.getLong(),
            record.getLong(),
            media,
            number);
    long costMicros = record.getLong();
    boolean estimated = record.get() != 0;
    settled++;
    append(call.entry(settledAt, usage, costMicros, text(record), estimated));
  }

  private void append(LedgerEntry entry) {
    batch.add(entry);
    if (batch.size() >= batchEntries) {
      appendBatch();
    }
  }

  private void appendBatch() {
    if (!batch.isEmpty()) {
      ledger.append(List.copyOf(batch));
      batch.clear();
    }
  }

  /// What was replayed.
  ///
  /// @param killed calls that were open and are charged at their reserve
  record Replayed(int settled, int killed, int released) {}

  /// Settles what is still open. After it, the ledger has everything.
  Replayed finish(boolean damaged, Instant now) {
    int killed = 0;
    for (Open call : open.values()) {
      if (call.started || damaged) {
        killed++;
        append(
            call.entry(
                now, Usage.of(call.worst.tokens(), 0), call.worst.costMicros(), KILLED, true));
      }
    }
    appendBatch();
    return new Replayed(settled, killed, open.size() - killed);
  }

  private static String text(ByteBuffer record) {
    String text = nullableText(record);
    if (text == null) {
      throw new IllegalStateException("journal record without a text that it must have");
    }
    return text;
  }

  private static @Nullable String nullableText(ByteBuffer record) {
    int length = Short.toUnsignedInt(record.getShort()) - 1;
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    record.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
