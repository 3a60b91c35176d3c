package dev.mandate.storage;

import dev.mandate.domain.session.SignInThrottle;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;

final class JdbcSignInThrottle implements SignInThrottle {
  private static final String ADMIT =
      """
      INSERT INTO sign_in_attempts (tenant_id, subject, attempts, window_ends_at)
      VALUES (:tenant, :subject, 1, :window_ends_at)
      ON CONFLICT (tenant_id, subject) DO UPDATE SET
        attempts = CASE WHEN sign_in_attempts.window_ends_at > :now
          THEN sign_in_attempts.attempts + 1 ELSE 1 END,
        window_ends_at = CASE WHEN sign_in_attempts.window_ends_at > :now
          THEN sign_in_attempts.window_ends_at ELSE excluded.window_ends_at END
      RETURNING attempts
      """;

  private static final String CLEAR =
      "DELETE FROM sign_in_attempts WHERE tenant_id = :tenant AND subject = :subject";

  private final Database database;

  JdbcSignInThrottle(Database database) {
    this.database = database;
  }

  @Override
  public boolean admit(TenantId tenant, String subject, int limit, Duration window, Instant now) {
    long attempts =
        database.write(
            handle ->
                handle
                    .createQuery(ADMIT)
                    .bind("tenant", tenant.value())
                    .bind("subject", subject)
                    .bind("now", now.toEpochMilli())
                    .bind("window_ends_at", now.plus(window).toEpochMilli())
                    .map((row, _) -> row.getLong("attempts"))
                    .one());
    return attempts <= limit;
  }

  @Override
  public void clear(TenantId tenant, String subject) {
    database.write(
        handle ->
            handle
                .createUpdate(CLEAR)
                .bind("tenant", tenant.value())
                .bind("subject", subject)
                .execute());
  }
}
