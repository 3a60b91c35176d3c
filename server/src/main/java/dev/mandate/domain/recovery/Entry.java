package dev.mandate.domain.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One line of a node's log of revocations. Holds no secret, and no hash that one could be tried
/// against.
///
/// @param seq its number in the database's sequence; 0 for lines about the log itself
/// @param tenant empty for lines about the log itself
/// @param subject the id of what is revoked
/// @param facts how it was when the line was written, for what can change in several ways
record Entry(
    long seq,
    String tenant,
    String kind,
    String subject,
    Instant at,
    @Nullable Instant expiresAt,
    Map<String, String> facts) {
  /// The database knows all lines before this one, once it knows this line's subject.
  static final String MARK = "mark";

  /// The database has said that it knows the mark.
  static final String KEPT = "kept";

  /// From here on nothing is missing.
  static final String COMPLETE = "complete";

  Entry {
    facts = Map.copyOf(facts);
  }

  static Entry ofLog(String kind, String subject, Instant at) {
    return new Entry(0, "", kind, subject, at, null, Map.of());
  }

  boolean isOfLog() {
    return tenant.isEmpty();
  }

  TenantId tenantId() {
    return new TenantId(tenant);
  }

  String line() {
    ObjectNode json =
        Json.object()
            .put("seq", seq)
            .put("tenant", tenant)
            .put("kind", kind)
            .put("subject", subject)
            .put("at", at.toEpochMilli());
    if (expiresAt != null) {
      json.put("expires_at", expiresAt.toEpochMilli());
    }
    if (!facts.isEmpty()) {
      ObjectNode members = json.putObject("facts");
      new TreeMap<>(facts).forEach(members::put);
    }
    return Json.write(json);
  }

  /// @throws Json.MalformedJson when it is no such line
  static Entry parse(String line) {
    JsonNode json = Json.parse(line);
    Map<String, String> facts = new TreeMap<>();
    json.path("facts").properties().forEach(f -> facts.put(f.getKey(), f.getValue().asText()));
    return new Entry(
        json.path("seq").asLong(),
        json.path("tenant").asText(),
        json.path("kind").asText(),
        json.path("subject").asText(),
        Instant.ofEpochMilli(json.path("at").asLong()),
        json.has("expires_at") ? Instant.ofEpochMilli(json.path("expires_at").asLong()) : null,
        facts);
  }
}
