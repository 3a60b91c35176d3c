package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.budget.AccountId;
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
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcLedgerStore implements LedgerStore {
  /// Days whose totals are read: an account's zone may be a day behind, and a call may end on the
  /// day after its reservation.
  private static final int DAYS_READ = 3;

  private static final String INSERT =
      """
      INSERT INTO ledger (tenant_id, call_id, mandate_id, access, client_id, user_id, api_key_id,
        upstream, model, endpoint, price_version, accounts, started_at, settled_at, epoch_day,
        input_tokens, cached_input_tokens, cache_write_tokens, cache_write_long_tokens,
        output_tokens, media_input_tokens, units, cost_micros, outcome, estimated, tags)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant_id, call_id) DO NOTHING
      """;

  private static final String SPENT =
      """
      SELECT t.requests, t.cost_micros, d.epoch_day, d.tokens
      FROM account_totals t
      LEFT JOIN account_days d
        ON d.tenant_id = t.tenant_id AND d.account = t.account AND d.epoch_day >= :since
      WHERE t.tenant_id = :tenant AND t.account = :account
      """;

  private static final String SUMMARY =
      """
      SELECT requests, input_tokens, output_tokens, cost_micros, last_used_at
      FROM mandate_totals WHERE tenant_id = :tenant AND mandate_id = :mandate
      """;

  private static final String LATEST =
      """
      SELECT tenant_id, call_id, mandate_id, access, client_id, user_id, api_key_id, upstream, model,
        endpoint, price_version, accounts, started_at, settled_at, epoch_day, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_long_tokens, output_tokens,
        media_input_tokens, units, cost_micros, outcome, estimated, tags
      FROM ledger WHERE tenant_id = :tenant AND mandate_id = :mandate
      ORDER BY settled_at DESC, call_id DESC LIMIT :limit
      """;

  private final Database database;
  private final InstantSource clock;

  JdbcLedgerStore(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  private record SpentRow(long requests, long costMicros, @Nullable LocalDate day, long tokens) {}

  @Override
  public Map<AccountId, Spent> spent(Collection<AccountId> accounts) {
    long since = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toEpochDay() - DAYS_READ;
    return database.read(
        handle -> {
          Map<AccountId, Spent> spent = new HashMap<>();
          for (AccountId account : accounts) {
            List<SpentRow> rows = spentRows(handle, account, since);
            if (!rows.isEmpty()) {
              spent.put(account, spent(rows));
            }
          }
          return spent;
        });
  }

  private static List<SpentRow> spentRows(Handle handle, AccountId account, long since) {
    return handle
        .createQuery(SPENT)
        .bind("tenant", account.tenant().value())
        .bind("account", account.key())
        .bind("since", since)
        .map(
            (row, _) -> {
              long day = row.getLong("epoch_day");
              LocalDate charged = row.wasNull() ? null : LocalDate.ofEpochDay(day);
              return new SpentRow(
                  row.getLong("requests"),
                  row.getLong("cost_micros"),
                  charged,
                  row.getLong("tokens"));
            })
        .list();
  }

  private static Spent spent(List<SpentRow> rows) {
    Map<LocalDate, Long> tokensByDay = new HashMap<>();
    for (SpentRow row : rows) {
      if (row.day != null) {
        tokensByDay.put(row.day, row.tokens);
      }
    }
    return new Spent(rows.getFirst().requests, rows.getFirst().costMicros, tokensByDay);
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
      UsageDays.add(handle, inserted);
    } catch (SQLException e) {
      throw new StorageException("the ledger refuses an entry", e);
    }
    LedgerTotals.of(inserted).addTo(handle);
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
        .number(entry.day().toEpochDay())
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
        LocalDate.ofEpochDay(row.getLong("epoch_day")),
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
