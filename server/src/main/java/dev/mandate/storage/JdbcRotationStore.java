package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.Rotation;
import dev.mandate.domain.credential.Rotation.Step;
import dev.mandate.domain.credential.RotationStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcRotationStore implements RotationStore {
  private static final String COLUMNS =
      """
      tenant_id, upstream, rotation_id, replaces, replaced_ref, made, made_ref, step, started_at,
        tries, due_at, last_error
      """;

  private static final String FIND =
      "SELECT "
          + COLUMNS
          + " FROM credential_rotations WHERE tenant_id = :tenant AND upstream = :upstream";

  private static final String DUE =
      "SELECT "
          + COLUMNS
          + """
           FROM credential_rotations
          WHERE step <> 'failed' AND due_at <= :now AND held_until <= :db_now
          ORDER BY due_at, tenant_id, upstream LIMIT :limit
          """;

  private static final String HOLD =
      """
      UPDATE credential_rotations SET holder = :holder, held_until = :held_until
      WHERE tenant_id = :tenant AND upstream = :upstream AND rotation_id = :rotation
        AND step = :step AND held_until <= :db_now
      """;

  private static final String HELD =
      """
      SELECT rotation_id FROM credential_rotations
      WHERE tenant_id = :tenant AND upstream = :upstream AND rotation_id = :rotation
        AND step = :step AND holder = :holder
      """;

  private static final String REPLACEABLE =
      """
      SELECT credential_id FROM credentials
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :credential
        AND owner_id IS NULL AND state = 'active' AND weight > 0
      """;

  private static final String BEGIN =
      """
      INSERT INTO credential_rotations (tenant_id, upstream, rotation_id, replaces, replaced_ref,
        step, started_at, tries, due_at, held_until)
      VALUES (:tenant, :upstream, :rotation, :replaces, :replaced_ref, :step, :started_at, 0,
        :due_at, 0)
      """;

  private static final String STEP =
      """
      UPDATE credential_rotations SET step = :next, tries = :tries, due_at = :due_at,
        last_error = :error, made = :made, made_ref = :made_ref, holder = NULL, held_until = 0
      WHERE tenant_id = :tenant AND upstream = :upstream AND rotation_id = :rotation
        AND step = :step AND holder = :holder
      """;

  private static final String MOVE_NEW =
      """
      UPDATE credentials SET weight = (
          SELECT weight FROM credentials
          WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :replaced),
        activated_at = 1 + (
          SELECT MAX(CASE WHEN activated_at > :now THEN activated_at ELSE :now END)
          FROM credentials WHERE tenant_id = :tenant AND upstream = :upstream)
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :made
        AND state = 'active'
        AND EXISTS (
          SELECT 1 FROM credentials
          WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :replaced
            AND state IN ('active', 'rejected') AND weight > 0)
      """;

  private static final String MOVE_OLD =
      """
      UPDATE credentials SET busy_at = :now, ends_at = :ends_at, retry_at = NULL,
        state = CASE WHEN state = 'active' THEN 'draining' ELSE 'retired' END
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :replaced
        AND state IN ('active', 'rejected')
      """;

  private static final String END =
      """
      DELETE FROM credential_rotations
      WHERE tenant_id = :tenant AND upstream = :upstream AND rotation_id = :rotation
        AND step = :step AND holder = :holder
      """;

  private static final String END_FAILED =
      """
      DELETE FROM credential_rotations
      WHERE tenant_id = :tenant AND upstream = :upstream AND step = 'failed'
      """;

  private static final String REMOVE =
      """
      DELETE FROM credentials
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :credential
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcRotationStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable Rotation find(TenantId tenant, String upstream) {
    return database
        .read(handle -> Optional.ofNullable(find(handle, tenant, upstream)))
        .orElse(null);
  }

  private static @Nullable Rotation find(Handle handle, TenantId tenant, String upstream) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .bind("upstream", upstream)
        .map(JdbcRotationStore::rotation)
        .findOne()
        .orElse(null);
  }

  @Override
  public boolean begin(Rotation rotation) {
    return database.write(
        handle -> {
          TenantLock.take(handle, database, rotation.tenant());
          Rotation before = find(handle, rotation.tenant(), rotation.upstream());
          boolean replaceable =
              handle
                  .createQuery(REPLACEABLE)
                  .bind("tenant", rotation.tenant().value())
                  .bind("upstream", rotation.upstream())
                  .bind("credential", rotation.replaces())
                  .map((row, _) -> Columns.text(row, "credential_id"))
                  .findOne()
                  .isPresent();
          if (!replaceable || (before != null && before.isUnderWay())) {
            return false;
          }
          handle
              .createUpdate(END_FAILED)
              .bind("tenant", rotation.tenant().value())
              .bind("upstream", rotation.upstream())
              .execute();
          handle
              .createUpdate(BEGIN)
              .bind("tenant", rotation.tenant().value())
              .bind("upstream", rotation.upstream())
              .bind("rotation", rotation.id())
              .bind("replaces", rotation.replaces())
              .bind("replaced_ref", rotation.replacedRef())
              .bind("step", rotation.step().wire())
              .bind("started_at", rotation.startedAt().toEpochMilli())
              .bind("due_at", rotation.dueAt().toEpochMilli())
              .execute();
          return true;
        });
  }

  @Override
  public List<Rotation> take(String holder, Instant now, Duration hold, int limit) {
    return database.write(
        handle -> {
          long time =
              handle
                  .createQuery("SELECT " + database.millis() + " AS now")
                  .map((row, _) -> row.getLong("now"))
                  .one();
          List<Rotation> taken = new ArrayList<>();
          for (Rotation due : due(handle, now, time, limit)) {
            int held =
                handle
                    .createUpdate(HOLD)
                    .bind("tenant", due.tenant().value())
                    .bind("upstream", due.upstream())
                    .bind("rotation", due.id())
                    .bind("step", due.step().wire())
                    .bind("holder", holder)
                    .bind("held_until", time + hold.toMillis())
                    .bind("db_now", time)
                    .execute();
            if (held == 1) {
              taken.add(due);
            }
          }
          return taken;
        });
  }

  private static List<Rotation> due(Handle handle, Instant now, long time, int limit) {
    return handle
        .createQuery(DUE)
        .bind("now", now.toEpochMilli())
        .bind("db_now", time)
        .bind("limit", limit)
        .map(JdbcRotationStore::rotation)
        .list();
  }

  @Override
  public boolean made(Rotation rotation, String holder, Stored fresh, Instant now) {
    return database.write(
        handle -> {
          boolean held =
              step(
                  handle,
                  rotation,
                  holder,
                  new To(Step.TESTING, 0, null, now, fresh.id(), fresh.providerRef()));
          if (held) {
            CredentialRows.insert(handle, fresh);
          }
          return held;
        });
  }

  @Override
  public boolean moved(Rotation rotation, String holder, Instant now) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, rotation.tenant());
          // Locked until this transaction has ended.
          if (!isHeld(handle, HELD + database.forUpdate(), rotation, holder)
              || !move(handle, rotation, now)) {
            return false;
          }
          To to = new To(Step.DRAINING, 0, null, now, rotation.made(), rotation.madeRef());
          step(handle, rotation, holder, to);
          announce.accept(new Change.PolicyChanged(rotation.tenant()));
          return true;
        });
  }

  @Override
  public boolean holds(Rotation rotation, String holder) {
    return database.read(handle -> isHeld(handle, HELD, rotation, holder));
  }

  private static boolean isHeld(Handle handle, String sql, Rotation rotation, String holder) {
    return handle
        .createQuery(sql)
        .bind("tenant", rotation.tenant().value())
        .bind("upstream", rotation.upstream())
        .bind("rotation", rotation.id())
        .bind("step", rotation.step().wire())
        .bind("holder", holder)
        .map((row, _) -> Columns.text(row, "rotation_id"))
        .findOne()
        .isPresent();
  }

  private static boolean move(Handle handle, Rotation rotation, Instant now) {
    boolean moved =
        handle
                .createUpdate(MOVE_NEW)
                .bind("tenant", rotation.tenant().value())
                .bind("upstream", rotation.upstream())
                .bind("made", rotation.made())
                .bind("replaced", rotation.replaces())
                .bind("now", now.toEpochMilli())
                .execute()
            == 1;
    if (moved) {
      handle
          .createUpdate(MOVE_OLD)
          .bind("tenant", rotation.tenant().value())
          .bind("upstream", rotation.upstream())
          .bind("replaced", rotation.replaces())
          .bind("now", now.toEpochMilli())
          .bind("ends_at", now.plus(CredentialStore.DRAIN_MAX).toEpochMilli())
          .execute();
    }
    return moved;
  }

  /// What a step becomes.
  private record To(
      Step step,
      int tries,
      @Nullable String error,
      Instant dueAt,
      @Nullable String made,
      @Nullable String madeRef) {}

  private static boolean step(Handle handle, Rotation rotation, String holder, To to) {
    return handle
            .createUpdate(STEP)
            .bind("tenant", rotation.tenant().value())
            .bind("upstream", rotation.upstream())
            .bind("rotation", rotation.id())
            .bind("step", rotation.step().wire())
            .bind("holder", holder)
            .bind("next", to.step.wire())
            .bind("tries", to.tries)
            .bind("due_at", to.dueAt.toEpochMilli())
            .bind("error", to.error)
            .bind("made", to.made)
            .bind("made_ref", to.madeRef)
            .execute()
        == 1;
  }

  @Override
  public boolean next(
      Rotation rotation, String holder, Step step, @Nullable String error, Instant dueAt) {
    To to = new To(step, 0, error, dueAt, rotation.made(), rotation.madeRef());
    return database.write(handle -> step(handle, rotation, holder, to));
  }

  @Override
  public boolean again(Rotation rotation, String holder, @Nullable String error, Instant dueAt) {
    To to =
        new To(
            rotation.step(),
            rotation.tries() + 1,
            error,
            dueAt,
            rotation.made(),
            rotation.madeRef());
    return database.write(handle -> step(handle, rotation, holder, to));
  }

  @Override
  public boolean finish(Rotation rotation, String holder) {
    return announcements.write(
        (handle, announce) -> {
          boolean held =
              handle
                      .createUpdate(END)
                      .bind("tenant", rotation.tenant().value())
                      .bind("upstream", rotation.upstream())
                      .bind("rotation", rotation.id())
                      .bind("step", rotation.step().wire())
                      .bind("holder", holder)
                      .execute()
                  == 1;
          if (held && rotation.replacedRef() != null) {
            remove(handle, announce, rotation, rotation.replaces());
          }
          return held;
        });
  }

  @Override
  public boolean undone(Rotation rotation, String holder, String error, Instant dueAt) {
    To to = new To(Step.FAILED, rotation.tries(), error, dueAt, null, null);
    return announcements.write(
        (handle, announce) -> {
          boolean held = step(handle, rotation, holder, to);
          if (held && rotation.made() != null) {
            remove(handle, announce, rotation, rotation.made());
          }
          return held;
        });
  }

  private static void remove(
      Handle handle, Consumer<Change> announce, Rotation rotation, String credential) {
    handle
        .createUpdate(REMOVE)
        .bind("tenant", rotation.tenant().value())
        .bind("upstream", rotation.upstream())
        .bind("credential", credential)
        .execute();
    announce.accept(new Change.CredentialRevoked(rotation.tenant(), credential));
  }

  private static Rotation rotation(ResultSet row, StatementContext context) throws SQLException {
    return new Rotation(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "upstream"),
        Columns.text(row, "rotation_id"),
        Columns.text(row, "replaces"),
        Columns.textOrNull(row, "replaced_ref"),
        Columns.textOrNull(row, "made"),
        Columns.textOrNull(row, "made_ref"),
        Step.ofWire(Columns.text(row, "step")),
        Columns.instant(row, "started_at"),
        row.getInt("tries"),
        Columns.instant(row, "due_at"),
        Columns.textOrNull(row, "last_error"));
  }
}
