package dev.mandate.storage;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.user.UserId;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Changes of one tenant's credentials wait for the tenant's lock: what takes all calls and what
/// drains for it must be true of the same moment.
final class JdbcCredentialStore implements CredentialStore {
  private static final String SELECT =
      "SELECT " + CredentialRows.COLUMNS + " FROM credentials WHERE tenant_id = :tenant";

  private static final String OF_TENANT = SELECT + " AND upstream = :upstream AND owner_id IS NULL";

  private static final String CURRENT =
      OF_TENANT
          + " AND state = 'active' AND weight > 0"
          + " ORDER BY activated_at DESC, credential_id DESC LIMIT 1";

  private static final String LIVE =
      SELECT
          + """
           AND upstream = :upstream AND owner_id IS NOT DISTINCT FROM CAST(:owner AS TEXT)
            AND state <> 'retired'
          ORDER BY credential_id
          """;

  private static final String FIND = OF_TENANT + " AND credential_id = :credential";

  private static final String PAGE =
      OF_TENANT + " AND credential_id > :after ORDER BY credential_id LIMIT :limit";

  private static final String OWN =
      SELECT + " AND owner_id = :owner ORDER BY upstream, credential_id";

  private static final String COUNT =
      """
      SELECT COUNT(*) AS found FROM credentials
      WHERE tenant_id = :tenant AND upstream = :upstream
        AND owner_id IS NOT DISTINCT FROM CAST(:owner AS TEXT)
      """;

  private static final String PRUNE =
      """
      DELETE FROM credentials WHERE tenant_id = :tenant AND credential_id IN (
        SELECT credential_id FROM credentials
        WHERE tenant_id = :tenant AND upstream = :upstream AND state = 'retired'
          AND owner_id IS NOT DISTINCT FROM CAST(:owner AS TEXT)
        ORDER BY activated_at, credential_id LIMIT 1)
      """;

  private static final String UPSTREAM =
      "SELECT base_url FROM upstreams WHERE tenant_id = :tenant AND name = :upstream";

  private static final String OWN_ALLOWED =
      """
      SELECT own_credentials FROM credential_policies
      WHERE tenant_id = :tenant AND upstream = :upstream
      """;

  private static final String OWNER =
      """
      SELECT user_id FROM users
      WHERE tenant_id = :tenant AND user_id = :owner AND disabled = 0
      """;

  // Later than every other, whatever the clocks of the nodes say.
  private static final String ACTIVATE =
      """
      UPDATE credentials SET state = 'active', busy_at = NULL, ends_at = NULL, rejections = 0,
        retry_at = NULL, weight = CASE
          WHEN :weight >= 0 THEN :weight WHEN weight > 0 THEN weight ELSE 1 END,
        activated_at = 1 + (
          SELECT MAX(CASE WHEN activated_at > :now THEN activated_at ELSE :now END)
          FROM credentials WHERE tenant_id = :tenant AND upstream = :upstream)
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :credential
        AND owner_id IS NOT DISTINCT FROM CAST(:owner AS TEXT)
      """;

  private static final String DRAIN =
      """
      UPDATE credentials SET busy_at = :now, ends_at = :ends_at, retry_at = NULL,
        state = CASE WHEN state = 'active' THEN 'draining' ELSE 'retired' END
      WHERE tenant_id = :tenant AND upstream = :upstream AND state IN ('active', 'rejected')
        AND owner_id IS NOT DISTINCT FROM CAST(:owner AS TEXT)
      """;

  private static final String DRAIN_OTHERS = DRAIN + " AND credential_id <> :credential";
  private static final String DRAIN_ONE = DRAIN + " AND credential_id = :credential";

  private static final String DELETE =
      """
      DELETE FROM credentials
      WHERE tenant_id = :tenant AND upstream = :upstream AND credential_id = :credential
        AND owner_id IS NULL
      """;

  private static final String DELETE_OWN =
      """
      DELETE FROM credentials
      WHERE tenant_id = :tenant AND owner_id = :owner AND credential_id = :credential
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcCredentialStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable Stored current(TenantId tenant, String upstream) {
    return one(CURRENT, tenant, Map.of("upstream", upstream));
  }

  @Override
  public @Nullable Stored find(TenantId tenant, String upstream, String id) {
    return one(FIND, tenant, Map.of("upstream", upstream, "credential", id));
  }

  private @Nullable Stored one(String sql, TenantId tenant, Map<String, ?> bound) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(sql)
                    .bind("tenant", tenant.value())
                    .bindMap(bound)
                    .map(CredentialRows::stored)
                    .findOne())
        .orElse(null);
  }

  @Override
  public List<Stored> live(TenantId tenant, String upstream, @Nullable UserId owner) {
    return database.read(
        handle ->
            handle
                .createQuery(LIVE)
                .bind("tenant", tenant.value())
                .bind("upstream", upstream)
                .bind("owner", CredentialRows.owner(owner))
                .map(CredentialRows::stored)
                .list());
  }

  @Override
  public List<Stored> page(TenantId tenant, String upstream, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("upstream", upstream)
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(CredentialRows::stored)
                .list());
  }

  @Override
  public List<Stored> own(TenantId tenant, UserId owner) {
    return database.read(
        handle ->
            handle
                .createQuery(OWN)
                .bind("tenant", tenant.value())
                .bind("owner", owner.value())
                .map(CredentialRows::stored)
                .list());
  }

  @Override
  public void insert(Stored credential) {
    announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, credential.tenant());
          var _ = hasRoom(handle, credential);
          insertAlone(handle, credential);
          announce.accept(new Change.PolicyChanged(credential.tenant()));
          return true;
        });
  }

  private static void insertAlone(Handle handle, Stored credential) {
    CredentialRows.insert(handle, credential);
    Place place = Place.of(credential);
    activate(handle, place, credential.weight(), credential.activatedAt());
    drain(handle, DRAIN_OTHERS, place, credential.activatedAt());
  }

  @Override
  public Added add(String origin, Stored credential, boolean alone) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, credential.tenant());
          Added refused = refused(handle, origin, credential);
          if (refused != Added.DONE) {
            return refused;
          }
          if (alone) {
            insertAlone(handle, credential);
          } else {
            CredentialRows.insert(handle, credential);
          }
          announce.accept(new Change.PolicyChanged(credential.tenant()));
          return Added.DONE;
        });
  }

  private Added refused(Handle handle, String origin, Stored credential) {
    if (!isAt(handle, database, credential.tenant(), credential.upstream(), origin)) {
      return Added.ELSEWHERE;
    }
    if (credential.owner() != null && !mayOwn(handle, credential, credential.owner())) {
      return Added.NOT_ALLOWED;
    }
    return hasRoom(handle, credential) ? Added.DONE : Added.TOO_MANY;
  }

  /// Makes room by dropping the oldest that nobody uses, where it is full.
  private static boolean hasRoom(Handle handle, Stored credential) {
    int found =
        handle
            .createQuery(COUNT)
            .bind("tenant", credential.tenant().value())
            .bind("upstream", credential.upstream())
            .bind("owner", CredentialRows.owner(credential.owner()))
            .map((row, _) -> row.getInt("found"))
            .one();
    return found < VERSIONS_MAX
        || handle
                .createUpdate(PRUNE)
                .bind("tenant", credential.tenant().value())
                .bind("upstream", credential.upstream())
                .bind("owner", CredentialRows.owner(credential.owner()))
                .execute()
            == 1;
  }

  /// Whether the upstream is there. Locked: who moves it elsewhere waits, and then sees what was
  /// added.
  static boolean isAt(
      Handle handle, Database database, TenantId tenant, String upstream, String origin) {
    return handle
        .createQuery(UPSTREAM + database.forUpdate())
        .bind("tenant", tenant.value())
        .bind("upstream", upstream)
        .map((row, _) -> Egress.origin(URI.create(Columns.text(row, "base_url"))))
        .findOne()
        .filter(origin::equals)
        .isPresent();
  }

  /// Locks the person: who disables them waits, and then finds the credential to remove.
  private boolean mayOwn(Handle handle, Stored credential, UserId owner) {
    boolean allowed =
        handle
            .createQuery(OWN_ALLOWED)
            .bind("tenant", credential.tenant().value())
            .bind("upstream", credential.upstream())
            .map((row, _) -> OwnCredentials.ofWire(Columns.text(row, "own_credentials")))
            .findOne()
            .filter(policy -> policy != OwnCredentials.OFF)
            .isPresent();
    return allowed
        && handle
            .createQuery(OWNER + database.forUpdate())
            .bind("tenant", credential.tenant().value())
            .bind("owner", owner.value())
            .map((row, _) -> Columns.text(row, "user_id"))
            .findOne()
            .isPresent();
  }

  @Override
  public boolean activate(TenantId tenant, String upstream, String id, Instant now) {
    Place place = new Place(tenant, upstream, null, id);
    return changed(
        place,
        handle -> {
          boolean found = activate(handle, place, -1, now) == 1;
          if (found) {
            drain(handle, DRAIN_OTHERS, place, now);
          }
          return found;
        });
  }

  @Override
  public boolean weigh(TenantId tenant, String upstream, String id, int weight, Instant now) {
    Place place = new Place(tenant, upstream, null, id);
    return changed(place, handle -> activate(handle, place, weight, now) == 1);
  }

  @Override
  public boolean drain(TenantId tenant, String upstream, String id, Instant now) {
    Place place = new Place(tenant, upstream, null, id);
    return changed(
        place,
        handle ->
            drain(handle, DRAIN_ONE, place, now) == 1
                || handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("upstream", upstream)
                    .bind("credential", id)
                    .map(CredentialRows::stored)
                    .findOne()
                    .isPresent());
  }

  private boolean changed(Place place, Database.Work<Boolean> work) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, place.tenant);
          boolean found = work.with(handle);
          if (found) {
            announce.accept(new Change.PolicyChanged(place.tenant));
          }
          return found;
        });
  }

  /// Which credential, among which.
  private record Place(TenantId tenant, String upstream, @Nullable UserId owner, String id) {
    static Place of(Stored credential) {
      return new Place(
          credential.tenant(), credential.upstream(), credential.owner(), credential.id());
    }
  }

  /// @param weight negative: the one that it had
  private static int activate(Handle handle, Place place, int weight, Instant now) {
    return handle
        .createUpdate(ACTIVATE)
        .bind("tenant", place.tenant.value())
        .bind("upstream", place.upstream)
        .bind("owner", CredentialRows.owner(place.owner))
        .bind("credential", place.id)
        .bind("weight", (long) weight)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  private static int drain(Handle handle, String sql, Place place, Instant now) {
    return handle
        .createUpdate(sql)
        .bind("tenant", place.tenant.value())
        .bind("upstream", place.upstream)
        .bind("owner", CredentialRows.owner(place.owner))
        .bind("credential", place.id)
        .bind("now", now.toEpochMilli())
        .bind("ends_at", now.plus(DRAIN_MAX).toEpochMilli())
        .execute();
  }

  @Override
  public boolean delete(TenantId tenant, String upstream, String id) {
    return removed(DELETE, tenant, Map.of("upstream", upstream, "credential", id), id);
  }

  @Override
  public boolean deleteOwn(TenantId tenant, UserId owner, String id) {
    return removed(DELETE_OWN, tenant, Map.of("owner", owner.value(), "credential", id), id);
  }

  private boolean removed(String sql, TenantId tenant, Map<String, ?> bound, String id) {
    return announcements.write(
        (handle, announce) -> {
          boolean found =
              handle.createUpdate(sql).bind("tenant", tenant.value()).bindMap(bound).execute() == 1;
          if (found) {
            announce.accept(new Change.CredentialRevoked(tenant, id));
          }
          return found;
        });
  }
}
