package dev.mandate.storage;

import dev.mandate.domain.authorization.DeviceRequest;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/// A request's states: waiting → taken by a browser → approved → used; or denied, or expired.
final class JdbcDeviceStore implements DeviceStore {
  private static final String INSERT =
      """
      INSERT INTO device_requests (tenant_id, hash, user_code_hash, client_id, scopes, terms,
        resources, address, created_at, expires_at, poll_seconds)
      VALUES (:tenant, :hash, :user, :client, :scopes, :terms, :resources, :address, :created_at,
        :expires_at, :poll_seconds)
      ON CONFLICT (tenant_id, user_code_hash) DO NOTHING
      """;

  private static final String SELECT =
      """
      SELECT tenant_id, hash, user_code_hash, client_id, scopes, terms, resources, address,
        created_at, expires_at
      FROM device_requests WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND hash = :hash";

  private static final String IS_WAITING =
      """
       AND user_code_hash = :user AND pending_id IS NULL AND denied_at IS NULL
        AND expires_at > :now
      """;

  private static final String WAITING = SELECT + IS_WAITING;

  private static final String CLAIM =
      "UPDATE device_requests SET pending_id = :pending WHERE tenant_id = :tenant" + IS_WAITING;

  private static final String REFUSE =
      "UPDATE device_requests SET denied_at = :now WHERE tenant_id = :tenant" + IS_WAITING;

  private static final String APPROVE =
      """
      UPDATE device_requests SET mandate_id = :mandate, authenticated_at = :authenticated_at
      WHERE tenant_id = :tenant AND pending_id = :pending AND mandate_id IS NULL
        AND denied_at IS NULL
      """;

  private static final String DENY =
      """
      UPDATE device_requests SET denied_at = :now
      WHERE tenant_id = :tenant AND pending_id = :pending AND mandate_id IS NULL
      """;

  private static final String STATE =
      """
      SELECT expires_at, poll_seconds, polled_at, mandate_id, authenticated_at, denied_at, used_at
      FROM device_requests WHERE tenant_id = :tenant AND hash = :hash
      """;

  private static final String POLLED =
      """
      UPDATE device_requests SET polled_at = :now, poll_seconds = :poll_seconds
      WHERE tenant_id = :tenant AND hash = :hash
      """;

  private static final String CONSUME =
      """
      UPDATE device_requests SET used_at = :now
      WHERE tenant_id = :tenant AND hash = :hash AND used_at IS NULL AND mandate_id IS NOT NULL
      """;

  private final Database database;

  JdbcDeviceStore(Database database) {
    this.database = database;
  }

  @Override
  public boolean insert(DeviceRequest request, Duration interval) {
    return database.write(
            handle ->
                handle
                    .createUpdate(INSERT)
                    .bind("tenant", request.tenant().value())
                    .bind("hash", request.device().value())
                    .bind("user", request.user().value())
                    .bind("client", request.client().value())
                    .bind("scopes", Columns.texts(request.scopes()))
                    .bind("terms", AccessJson.writeTerms(request.terms()))
                    .bind("resources", Columns.texts(request.resources()))
                    .bind("address", request.address())
                    .bind("created_at", request.createdAt().toEpochMilli())
                    .bind("expires_at", request.expiresAt().toEpochMilli())
                    .bind("poll_seconds", interval.toSeconds())
                    .execute())
        == 1;
  }

  @Override
  public @Nullable DeviceRequest find(TenantId tenant, TokenHash device) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("hash", device.value())
                    .map(JdbcDeviceStore::request)
                    .findOne())
        .orElse(null);
  }

  @Override
  public @Nullable DeviceRequest waiting(TenantId tenant, TokenHash user, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(WAITING)
                    .bind("tenant", tenant.value())
                    .bind("user", user.value())
                    .bind("now", now.toEpochMilli())
                    .map(JdbcDeviceStore::request)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean claim(TenantId tenant, TokenHash user, PendingId pending, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(CLAIM)
                    .bind("tenant", tenant.value())
                    .bind("user", user.value())
                    .bind("pending", pending.value())
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  @Override
  public boolean refuse(TenantId tenant, TokenHash user, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(REFUSE)
                    .bind("tenant", tenant.value())
                    .bind("user", user.value())
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  @Override
  public void approve(
      TenantId tenant, PendingId pending, MandateId mandate, Instant authenticatedAt) {
    database.write(
        handle ->
            handle
                .createUpdate(APPROVE)
                .bind("tenant", tenant.value())
                .bind("pending", pending.value())
                .bind("mandate", mandate.value())
                .bind("authenticated_at", authenticatedAt.toEpochMilli())
                .execute());
  }

  @Override
  public void deny(TenantId tenant, PendingId pending, Instant now) {
    database.write(
        handle ->
            handle
                .createUpdate(DENY)
                .bind("tenant", tenant.value())
                .bind("pending", pending.value())
                .bind("now", now.toEpochMilli())
                .execute());
  }

  private record State(
      Instant expiresAt,
      long pollSeconds,
      @Nullable Instant polledAt,
      @Nullable String mandate,
      Instant authenticatedAt,
      boolean denied,
      boolean used) {}

  @Override
  public Poll poll(TenantId tenant, TokenHash device, Instant now) {
    return database.write(handle -> poll(handle, tenant, device, now));
  }

  private Poll poll(Handle handle, TenantId tenant, TokenHash device, Instant now) {
    Optional<State> found =
        handle
            .createQuery(STATE + database.forUpdate())
            .bind("tenant", tenant.value())
            .bind("hash", device.value())
            .map(JdbcDeviceStore::state)
            .findOne();
    if (found.isEmpty() || found.get().used) {
      return new Poll.Unknown();
    }
    State state = found.get();
    if (!now.isBefore(state.expiresAt)) {
      return new Poll.Expired();
    }
    if (state.denied) {
      return new Poll.Denied();
    }
    if (state.mandate != null) {
      return new Poll.Approved(new MandateId(state.mandate), state.authenticatedAt);
    }
    boolean soon =
        state.polledAt != null && now.isBefore(state.polledAt.plusSeconds(state.pollSeconds));
    long seconds = state.pollSeconds + (soon ? SLOWER.toSeconds() : 0);
    handle
        .createUpdate(POLLED)
        .bind("tenant", tenant.value())
        .bind("hash", device.value())
        .bind("now", now.toEpochMilli())
        .bind("poll_seconds", seconds)
        .execute();
    return soon ? new Poll.TooSoon(Duration.ofSeconds(seconds)) : new Poll.Waiting();
  }

  @Override
  public boolean consume(TenantId tenant, TokenHash device, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(CONSUME)
                    .bind("tenant", tenant.value())
                    .bind("hash", device.value())
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  private static State state(ResultSet row, StatementContext context) throws SQLException {
    return new State(
        Columns.instant(row, "expires_at"),
        row.getLong("poll_seconds"),
        Columns.instantOrNull(row, "polled_at"),
        Columns.textOrNull(row, "mandate_id"),
        Columns.instant(row, "authenticated_at"),
        Columns.instantOrNull(row, "denied_at") != null,
        Columns.instantOrNull(row, "used_at") != null);
  }

  private static DeviceRequest request(ResultSet row, StatementContext context)
      throws SQLException {
    return new DeviceRequest(
        new TenantId(Columns.text(row, "tenant_id")),
        new TokenHash(Columns.text(row, "hash")),
        new TokenHash(Columns.text(row, "user_code_hash")),
        new ClientId(Columns.text(row, "client_id")),
        new TreeSet<>(Columns.texts(row, "scopes")),
        AccessJson.readTerms(Columns.text(row, "terms")),
        Columns.texts(row, "resources"),
        Columns.text(row, "address"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "expires_at"));
  }
}
