package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.PushedRequest;
import dev.mandate.domain.authorization.PushedStore;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcPushedStore implements PushedStore {
  private static final String INSERT =
      """
      INSERT INTO pushed_authorizations (tenant_id, hash, client_id, parameters, created_at,
        expires_at)
      VALUES (:tenant, :hash, :client, :parameters, :created_at, :expires_at)
      """;

  private static final String FIND =
      """
      SELECT tenant_id, hash, client_id, parameters, created_at, expires_at, browser, pending_id
      FROM pushed_authorizations
      WHERE tenant_id = :tenant AND hash = :hash AND expires_at > :now
      """;

  // RFC 9126 §4: a request_uri is used once.
  private static final String CONSUME =
      """
      UPDATE pushed_authorizations SET browser = :browser, pending_id = :pending
      WHERE tenant_id = :tenant AND hash = :hash AND pending_id IS NULL AND expires_at > :now
      """;

  private final Database database;

  JdbcPushedStore(Database database) {
    this.database = database;
  }

  @Override
  public void insert(PushedRequest request) {
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("tenant", request.tenant().value())
                .bind("hash", request.hash().value())
                .bind("client", request.client().value())
                .bind("parameters", write(request.parameters()))
                .bind("created_at", request.createdAt().toEpochMilli())
                .bind("expires_at", request.expiresAt().toEpochMilli())
                .execute());
  }

  @Override
  public @Nullable Found find(TenantId tenant, TokenHash hash, Instant now) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("hash", hash.value())
                    .bind("now", now.toEpochMilli())
                    .map(JdbcPushedStore::found)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean consume(
      TenantId tenant, TokenHash hash, TokenHash browser, PendingId pending, Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(CONSUME)
                    .bind("tenant", tenant.value())
                    .bind("hash", hash.value())
                    .bind("browser", browser.value())
                    .bind("pending", pending.value())
                    .bind("now", now.toEpochMilli())
                    .execute())
        == 1;
  }

  private static Found found(ResultSet row, StatementContext context) throws SQLException {
    PushedRequest request =
        new PushedRequest(
            new TenantId(Columns.text(row, "tenant_id")),
            new TokenHash(Columns.text(row, "hash")),
            new ClientId(Columns.text(row, "client_id")),
            read(Columns.text(row, "parameters")),
            Columns.instant(row, "created_at"),
            Columns.instant(row, "expires_at"));
    String pending = Columns.textOrNull(row, "pending_id");
    return pending == null
        ? new Found.Waiting(request)
        : new Found.Used(
            request, new TokenHash(Columns.text(row, "browser")), new PendingId(pending));
  }

  private static String write(Map<String, List<String>> parameters) {
    ObjectNode json = Json.object();
    parameters.forEach(
        (name, values) -> {
          ArrayNode array = json.putArray(name);
          values.forEach(array::add);
        });
    return Json.write(json);
  }

  private static Map<String, List<String>> read(String text) {
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : Json.parse(text).properties()) {
      List<String> values = new ArrayList<>();
      member.getValue().forEach(value -> values.add(value.asText()));
      parameters.put(member.getKey(), values);
    }
    return parameters;
  }
}
