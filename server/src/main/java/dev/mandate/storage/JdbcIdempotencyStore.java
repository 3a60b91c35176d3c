package dev.mandate.storage;

import dev.mandate.domain.idempotency.IdempotencyKey;
import dev.mandate.domain.idempotency.IdempotencyStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcIdempotencyStore implements IdempotencyStore {
  private static final String EXPIRED =
      """
      DELETE FROM idempotency_keys
      WHERE tenant_id = :tenant AND caller = :caller AND idempotency_key = :key
        AND expires_at <= :now
      """;

  // Of racing inserts one wins; the others wait for its commit and then see its row.
  private static final String INSERT =
      """
      INSERT INTO idempotency_keys (tenant_id, caller, idempotency_key, request_hash, expires_at)
      VALUES (:tenant, :caller, :key, :request_hash, :expires_at)
      ON CONFLICT (tenant_id, caller, idempotency_key) DO NOTHING
      """;

  private static final String FIND =
      """
      SELECT request_hash, sealed_answer FROM idempotency_keys
      WHERE tenant_id = :tenant AND caller = :caller AND idempotency_key = :key
      """;

  private static final String ANSWER =
      """
      UPDATE idempotency_keys SET sealed_answer = :sealed_answer
      WHERE tenant_id = :tenant AND caller = :caller AND idempotency_key = :key
      """;

  private static final String RELEASE =
      """
      DELETE FROM idempotency_keys
      WHERE tenant_id = :tenant AND caller = :caller AND idempotency_key = :key
        AND sealed_answer IS NULL
      """;

  private final Database database;

  JdbcIdempotencyStore(Database database) {
    this.database = database;
  }

  private record Row(String requestHash, byte @Nullable [] sealedAnswer) {}

  @Override
  public Claim claim(IdempotencyKey key, String requestHash, Instant now, Instant expiresAt) {
    return database.write(
        handle -> {
          handle
              .createUpdate(EXPIRED)
              .bind("tenant", key.tenant().value())
              .bind("caller", key.caller())
              .bind("key", key.value())
              .bind("now", now.toEpochMilli())
              .execute();
          int inserted =
              handle
                  .createUpdate(INSERT)
                  .bind("tenant", key.tenant().value())
                  .bind("caller", key.caller())
                  .bind("key", key.value())
                  .bind("request_hash", requestHash)
                  .bind("expires_at", expiresAt.toEpochMilli())
                  .execute();
          return inserted == 1 ? new Claim.Fresh() : taken(handle, key, requestHash);
        });
  }

  private static Claim taken(Handle handle, IdempotencyKey key, String requestHash) {
    Row row =
        handle
            .createQuery(FIND)
            .bind("tenant", key.tenant().value())
            .bind("caller", key.caller())
            .bind("key", key.value())
            .map(JdbcIdempotencyStore::row)
            .findOne()
            .orElse(null);
    if (row == null) {
      // Released between the two statements: to who asks it was taken a moment ago.
      return new Claim.Open();
    }
    if (!row.requestHash.equals(requestHash)) {
      return new Claim.Other();
    }
    return row.sealedAnswer == null ? new Claim.Open() : new Claim.Answered(row.sealedAnswer);
  }

  @Override
  public void answer(IdempotencyKey key, byte[] sealedAnswer) {
    database.write(
        handle ->
            handle
                .createUpdate(ANSWER)
                .bind("tenant", key.tenant().value())
                .bind("caller", key.caller())
                .bind("key", key.value())
                .bind("sealed_answer", sealedAnswer)
                .execute());
  }

  @Override
  public void release(IdempotencyKey key) {
    database.write(
        handle ->
            handle
                .createUpdate(RELEASE)
                .bind("tenant", key.tenant().value())
                .bind("caller", key.caller())
                .bind("key", key.value())
                .execute());
  }

  private static Row row(ResultSet row, StatementContext context) throws SQLException {
    return new Row(Columns.text(row, "request_hash"), row.getBytes("sealed_answer"));
  }
}
