package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcModelTierStore implements ModelTierStore {
  private static final String SELECT =
      """
      SELECT tenant_id, tier, display_name, elevated, roles, models
      FROM model_tiers WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND tier = :tier";
  private static final String ALL = SELECT + " ORDER BY tier";

  private static final String SAVE =
      """
      INSERT INTO model_tiers (tenant_id, tier, display_name, elevated, roles, models)
      VALUES (:tenant, :tier, :display_name, :elevated, :roles, :models)
      ON CONFLICT (tenant_id, tier) DO UPDATE SET display_name = excluded.display_name,
        elevated = excluded.elevated, roles = excluded.roles, models = excluded.models
      """;

  private static final String REMOVE =
      "DELETE FROM model_tiers WHERE tenant_id = :tenant AND tier = :tier";

  private final Database database;
  private final Announcements announcements;

  JdbcModelTierStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public @Nullable ModelTier find(TenantId tenant, String name) {
    return database.read(handle -> Optional.ofNullable(find(handle, tenant, name))).orElse(null);
  }

  private static @Nullable ModelTier find(Handle handle, TenantId tenant, String name) {
    return handle
        .createQuery(FIND)
        .bind("tenant", tenant.value())
        .bind("tier", name)
        .map(JdbcModelTierStore::read)
        .findOne()
        .orElse(null);
  }

  @Override
  public List<ModelTier> all(TenantId tenant) {
    return database.read(handle -> all(handle, tenant));
  }

  private static List<ModelTier> all(Handle handle, TenantId tenant) {
    return handle
        .createQuery(ALL)
        .bind("tenant", tenant.value())
        .map(JdbcModelTierStore::read)
        .list();
  }

  @Override
  public Outcome save(@Nullable ModelTier expected, ModelTier tier) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, tier.tenant());
          List<ModelTier> others = new ArrayList<>(all(handle, tier.tenant()));
          ModelTier known = find(handle, tier.tenant(), tier.name());
          others.removeIf(other -> other.name().equals(tier.name()));
          if (!Objects.equals(known, expected)) {
            return Outcome.UNEXPECTED;
          }
          if (known == null && others.size() >= TIERS_MAX) {
            return Outcome.FULL;
          }
          Set<List<String>> taken = new HashSet<>();
          others.forEach(other -> other.models().forEach(m -> taken.add(key(m))));
          if (tier.models().stream().anyMatch(m -> !taken.add(key(m)))) {
            return Outcome.OVERLAPS;
          }
          handle
              .createUpdate(SAVE)
              .bind("tenant", tier.tenant().value())
              .bind("tier", tier.name())
              .bind("display_name", tier.displayName())
              .bind("elevated", tier.elevated() ? 1 : 0)
              .bind("roles", Columns.texts(tier.roles()))
              .bind("models", write(tier.models()))
              .execute();
          announce.accept(new Change.PolicyChanged(tier.tenant()));
          return Outcome.DONE;
        });
  }

  private static List<String> key(ModelTier.Models models) {
    return List.of(models.upstream(), models.name());
  }

  @Override
  public Outcome remove(ModelTier expected) {
    return announcements.write(
        (handle, announce) -> {
          TenantLock.take(handle, database, expected.tenant());
          if (!expected.equals(find(handle, expected.tenant(), expected.name()))) {
            return Outcome.UNEXPECTED;
          }
          handle
              .createUpdate(REMOVE)
              .bind("tenant", expected.tenant().value())
              .bind("tier", expected.name())
              .execute();
          announce.accept(new Change.PolicyChanged(expected.tenant()));
          return Outcome.DONE;
        });
  }

  private static String write(List<ModelTier.Models> models) {
    ArrayNode array = Json.object().arrayNode();
    for (ModelTier.Models one : models) {
      array
          .addObject()
          .put("upstream", one.upstream())
          .put("name", one.name())
          .put("dated", one.dated());
    }
    return Json.write(array);
  }

  private static ModelTier read(ResultSet row, StatementContext context) throws SQLException {
    List<ModelTier.Models> models = new ArrayList<>();
    for (JsonNode node : Json.parse(Columns.text(row, "models"))) {
      models.add(
          new ModelTier.Models(
              node.required("upstream").asText(),
              node.required("name").asText(),
              node.required("dated").asBoolean()));
    }
    return new ModelTier(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "tier"),
        Columns.text(row, "display_name"),
        Columns.flag(row, "elevated"),
        new TreeSet<>(Columns.texts(row, "roles")),
        models);
  }
}
