package dev.mandate.storage;

import dev.mandate.domain.signingkey.SigningKeyStore;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.statement.StatementContext;

final class JdbcSigningKeyStore implements SigningKeyStore {
  private static final String ALL =
      """
      SELECT tenant_id, kid, algorithm, sealed_jwk, created_at
      FROM signing_keys WHERE tenant_id = :tenant ORDER BY created_at, kid
      """;

  private static final String INSERT_FIRST =
      """
      INSERT INTO signing_keys (tenant_id, kid, algorithm, generation, sealed_jwk, created_at)
      SELECT :tenant, :kid, :algorithm, 1, :sealed_jwk, :created_at
      WHERE NOT EXISTS (
        SELECT 1 FROM signing_keys WHERE tenant_id = :tenant AND algorithm = :algorithm)
      ON CONFLICT (tenant_id, algorithm, generation) DO NOTHING
      """;

  private final Database database;

  JdbcSigningKeyStore(Database database) {
    this.database = database;
  }

  @Override
  public List<Stored> all(TenantId tenant) {
    return database.read(
        handle ->
            handle
                .createQuery(ALL)
                .bind("tenant", tenant.value())
                .map(JdbcSigningKeyStore::stored)
                .list());
  }

  @Override
  public boolean insertFirst(Stored key) {
    return database.write(
            handle ->
                handle
                    .createUpdate(INSERT_FIRST)
                    .bind("tenant", key.tenant().value())
                    .bind("kid", key.kid())
                    .bind("algorithm", key.algorithm())
                    .bind("sealed_jwk", key.sealedJwk())
                    .bind("created_at", key.createdAt().toEpochMilli())
                    .execute())
        == 1;
  }

  private static Stored stored(ResultSet row, StatementContext context) throws SQLException {
    return new Stored(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "kid"),
        Columns.text(row, "algorithm"),
        Columns.bytes(row, "sealed_jwk"),
        Columns.instant(row, "created_at"));
  }
}
