package dev.mandate.storage;

import dev.mandate.domain.signingkey.SigningKeyStore;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.Update;

final class JdbcSigningKeyStore implements SigningKeyStore {
  private static final String ALL =
      """
      SELECT tenant_id, kid, algorithm, sealed_jwk, created_at, active_at
      FROM signing_keys WHERE tenant_id = :tenant ORDER BY active_at, generation, kid
      """;

  private static final String INSERT_FIRST =
      """
      INSERT INTO signing_keys (tenant_id, kid, algorithm, generation, sealed_jwk, created_at,
        active_at)
      SELECT :tenant, :kid, :algorithm, 1, :sealed_jwk, :created_at, :active_at
      WHERE NOT EXISTS (
        SELECT 1 FROM signing_keys WHERE tenant_id = :tenant AND algorithm = :algorithm)
      ON CONFLICT (tenant_id, algorithm, generation) DO NOTHING
      """;

  private static final String INSERT_NEXT =
      """
      INSERT INTO signing_keys (tenant_id, kid, algorithm, generation, sealed_jwk, created_at,
        active_at)
      SELECT tenant_id, :kid, algorithm, generation + 1, :sealed_jwk, :created_at, :active_at
      FROM signing_keys WHERE tenant_id = :tenant AND kid = :after AND algorithm = :algorithm
      ON CONFLICT (tenant_id, algorithm, generation) DO NOTHING
      """;

  private static final String RETIRE =
      """
      DELETE FROM signing_keys WHERE tenant_id = :tenant AND kid = :kid
        AND EXISTS (
          SELECT 1 FROM signing_keys younger
          WHERE younger.tenant_id = :tenant AND younger.algorithm = signing_keys.algorithm
            AND younger.generation > signing_keys.generation)
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
    return database.write(handle -> bound(handle, INSERT_FIRST, key).execute()) == 1;
  }

  @Override
  public boolean insertNext(Stored key, String kid) {
    return database.write(handle -> bound(handle, INSERT_NEXT, key).bind("after", kid).execute())
        == 1;
  }

  @Override
  public boolean retire(TenantId tenant, String kid) {
    return database.write(
            handle ->
                handle
                    .createUpdate(RETIRE)
                    .bind("tenant", tenant.value())
                    .bind("kid", kid)
                    .execute())
        == 1;
  }

  private static Update bound(Handle handle, String sql, Stored key) {
    return handle
        .createUpdate(sql)
        .bind("tenant", key.tenant().value())
        .bind("kid", key.kid())
        .bind("algorithm", key.algorithm())
        .bind("sealed_jwk", key.sealedJwk())
        .bind("created_at", key.createdAt().toEpochMilli())
        .bind("active_at", key.activeAt().toEpochMilli());
  }

  private static Stored stored(ResultSet row, StatementContext context) throws SQLException {
    return new Stored(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "kid"),
        Columns.text(row, "algorithm"),
        Columns.bytes(row, "sealed_jwk"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "active_at"));
  }
}
