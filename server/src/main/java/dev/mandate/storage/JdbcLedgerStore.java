package dev.mandate.storage;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.domain.user.UserId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

final class JdbcLedgerStore implements LedgerStore {
  /// Windows that are read of each period before the one that is open: a zone may be a day behind,
  /// and a call may end long after its reservation.
  private static final int WINDOWS_READ = 3;

  private static final String INSERT =
      """
      INSERT INTO ledger (tenant_id, call_id, mandate_id, access, client_id, user_id, api_key_id,
        upstream, model, endpoint, price_version, accounts, started_at, settled_at, epoch_day,
        epoch_hour, input_tokens, cached_input_tokens, cache_write_tokens,
        cache_write_long_tokens, output_tokens, media_input_tokens, units, cost_micros, outcome,
        estimated, tags)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant_id, call_id) DO NOTHING
      """;

  private static final String SPENT =
      """
      SELECT 'total' AS period, :total AS window_id, requests, tokens, cost_micros
      FROM account_totals WHERE tenant_id = :tenant AND account = :account
      UNION ALL
      SELECT period, window_id, requests, tokens, cost_micros FROM account_windows
      WHERE tenant_id = :tenant AND account = :account
        AND ((period = 'minute' AND window_id >= :minute)
          OR (period = 'hour' AND window_id >= :hour)
          OR (period = 'day' AND window_id >= :day))
      """;

  private static final String SUMMARY =
      """
      SELECT requests, input_tokens, output_tokens, cost_micros, last_used_at
      FROM mandate_totals WHERE tenant_id = :tenant AND mandate_id = :mandate
      """;

  private static final String LATEST =
      """
      SELECT tenant_id, call_id, mandate_id, access, client_id, user_id, api_key_id, upstream, model,
        endpoint, price_version, accounts, started_at, settled_at, epoch_day, epoch_hour,
        input_tokens, cached_input_tokens, cache_write_tokens, cache_write_long_tokens,
        output_tokens, media_input_tokens, units, cost_micros, outcome, estimated,
        tags
      FROM ledger WHERE tenant_id = :tenant AND mandate_id = :mandate
      ORDER BY settled_at DESC, call_id DESC LIMIT :limit
      """;

  private final Database database;
  private final InstantSource clock;

  JdbcLedgerStore(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public Map<AccountId, Spent> spent(Collection<AccountId> accounts) {
    Instant now = clock.instant();
    CalendarWindows open = CalendarWindows.at(ZoneOffset.UTC, now);
    return database.read(
        handle -> {
          Map<AccountId, Spent> spent = new HashMap<>();
          for (AccountId account : accounts) {
            Map<Stretch, Sum> sums = sums(handle, account, open);
            if (!sums.isEmpty()) {
              spent.put(account, new Spent(sums));
            }
          }
          return spent;
        });
  }

  private static Map<Stretch, Sum> sums(Handle handle, AccountId account, CalendarWindows open) {
    WindowRows rows = new WindowRows();
    handle
        .createQuery(SPENT)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("total", Stretch.TOTAL.id())
        .bind("minute", open.minute() - WINDOWS_READ)
        .bind("hour", open.hour() - WINDOWS_READ)
        .bind("day", CalendarWindows.firstDay(open.id(Period.MONTH) - 1))
        .map(
            (row, _) -> {
              rows.add(row);
              return 0;
            })
        .list();
    return rows.sums();
  }

  @Override
  public void append(List<LedgerEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    database.write(handle -> append(handle, entries).size());
  }

  /// In the caller's transaction.
  ///
  /// @return those that were not there
  List<LedgerEntry> append(Handle handle, List<LedgerEntry> entries) {
    // Two nodes that replay the same calls must not wait for each other.
    List<LedgerEntry> inOneOrder =
        entries.stream()
            .sorted(
                Comparator.comparing((LedgerEntry entry) -> entry.call().tenant().value())
                    .thenComparing(entry -> entry.call().id()))
            .toList();
    List<LedgerEntry> inserted = new ArrayList<>();
    // One statement for the batch: a row a call is the most that the gateway writes.
    try {
      int[] changed = KeptStatements.with(handle, INSERT, insert -> insert(insert, inOneOrder));
      for (int i = 0; i < changed.length; i++) {
        if (changed[i] == 1) {
          inserted.add(inOneOrder.get(i));
        }
      }
      LedgerTotals.of(inserted).addTo(handle);
      UsageDays.add(handle, inserted);
    } catch (SQLException e) {
      throw new StorageException("the ledger refuses an entry", e);
    }
    return inserted;
  }

  private static int[] insert(PreparedStatement insert, List<LedgerEntry> entries)
      throws SQLException {
    InOrder rows = new InOrder(insert);
    for (LedgerEntry entry : entries) {
      add(rows, entry);
    }
    return rows.execute();
  }

  private static void add(InOrder rows, LedgerEntry entry) throws SQLException {
    Call call = entry.call();
    UserId user = call.user();
    ApiKeyId apiKey = call.apiKey();
    Usage usage = entry.usage();
    rows.text(call.tenant().value())
        .text(call.id())
        .text(call.mandate().value())
        .number(call.access())
        .text(call.client().value())
        .text(user == null ? null : user.value())
        .text(apiKey == null ? null : apiKey.value())
        .text(call.upstream())
        .text(call.model())
        .text(call.endpoint())
        .text(call.priceVersion())
        .text(accounts(entry))
        .number(entry.startedAt().toEpochMilli())
        .number(entry.settledAt().toEpochMilli())
        .number(entry.windows().day())
        .number(entry.windows().hour())
        .number(usage.input())
        .number(usage.cachedInput())
        .number(usage.cacheWrite())
        .number(usage.cacheWriteLong())
        .number(usage.output())
        .number(usage.mediaInput())
        .number(usage.units())
        .number(entry.costMicros())
        .text(entry.outcome())
        .number(Columns.flag(entry.estimated()))
        .text(call.tags())
        .add();
  }

  /// The accounts' keys; that they are all of the call's tenant is checked here, once, so that no
  /// entry can charge another's.
  private static String accounts(LedgerEntry entry) {
    for (AccountId account : entry.accounts()) {
      if (!account.tenant().equals(entry.call().tenant())) {
        throw new StorageException(
            "call %s of tenant %s charges an account of tenant %s, expected its own"
                .formatted(entry.call().id(), entry.call().tenant(), account.tenant()));
      }
    }
    return Columns.texts(entry.accounts().stream().map(AccountId::key).toList());
  }

  @Override
  public Summary summary(TenantId tenant, MandateId mandate) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(SUMMARY)
                    .bind("tenant", tenant.value())
                    .bind("mandate", mandate.value())
                    .map(JdbcLedgerStore::totals)
                    .findOne())
        .orElse(Summary.NOTHING);
  }

  private static Summary totals(ResultSet row, StatementContext context) throws SQLException {
    return new Summary(
        row.getLong("requests"),
        row.getLong("input_tokens"),
        row.getLong("output_tokens"),
        row.getLong("cost_micros"),
        Columns.instant(row, "last_used_at"));
  }

  @Override
  public List<LedgerEntry> latest(TenantId tenant, MandateId mandate, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(LATEST)
                .bind("tenant", tenant.value())
                .bind("mandate", mandate.value())
                .bind("limit", limit)
                .map(JdbcLedgerStore::entry)
                .list());
  }

  private static LedgerEntry entry(ResultSet row, StatementContext context) throws SQLException {
    Call call = call(row);
    Instant startedAt = Columns.instant(row, "started_at");
    return new LedgerEntry(
        call,
        Columns.texts(row, "accounts").stream()
            .map(key -> new AccountId(call.tenant(), key))
            .toList(),
        startedAt,
        Columns.instant(row, "settled_at"),
        windows(row, startedAt),
        new Usage(
            row.getLong("input_tokens"),
            row.getLong("cached_input_tokens"),
            row.getLong("cache_write_tokens"),
            row.getLong("cache_write_long_tokens"),
            row.getLong("output_tokens"),
            row.getLong("media_input_tokens"),
            row.getLong("units")),
        row.getLong("cost_micros"),
        Columns.text(row, "outcome"),
        Columns.flag(row, "estimated"));
  }

  private static CalendarWindows windows(ResultSet row, Instant startedAt) throws SQLException {
    CalendarWindows known = CalendarWindows.of(startedAt.toEpochMilli(), row.getLong("epoch_day"));
    Long hour = Columns.longOrNull(row, "epoch_hour");
    return hour == null ? known : new CalendarWindows(known.minute(), hour, known.day());
  }

  private static Call call(ResultSet row) throws SQLException {
    String user = Columns.textOrNull(row, "user_id");
    String apiKey = Columns.textOrNull(row, "api_key_id");
    return new Call(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "call_id"),
        new MandateId(Columns.text(row, "mandate_id")),
        row.getInt("access"),
        new ClientId(Columns.text(row, "client_id")),
        user == null ? null : new UserId(user),
        apiKey == null ? null : new ApiKeyId(apiKey),
        Columns.text(row, "upstream"),
        Columns.text(row, "model"),
        Columns.text(row, "endpoint"),
        Columns.text(row, "price_version"),
        Columns.text(row, "tags"));
  }
}
