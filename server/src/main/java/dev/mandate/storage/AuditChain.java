package dev.mandate.storage;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/// How an audit row is chained to the one before: `hash = SHA-256(hash of the row before ‖
/// canonical JSON of the row)`. The first row's predecessor is 32 zero bytes.
final class AuditChain {
  private static final int HASH_BYTES = 32;

  private AuditChain() {}

  static byte[] start() {
    return new byte[HASH_BYTES];
  }

  static byte[] hash(byte[] previous, long seq, AuditEvent event) {
    return hash(previous, seq, event, details(event.details()));
  }

  /// @param details as [#details] writes them
  static byte[] hash(byte[] previous, long seq, AuditEvent event, String details) {
    return TokenHash.sha256(previous, canonical(seq, event, details));
  }

  /// Every column, in one order, details sorted by name, an absent mandate left out.
  private static byte[] canonical(long seq, AuditEvent event, String details) {
    return Json.written(
        json -> {
          json.writeStartObject();
          json.writeStringField("tenant", event.tenant().value());
          json.writeNumberField("seq", seq);
          json.writeNumberField("at", event.at().toEpochMilli());
          json.writeStringField("type", event.type());
          json.writeStringField("actor", event.actor());
          if (event.mandate() != null) {
            json.writeStringField("mandate", event.mandate());
          }
          json.writeStringField("outcome", event.outcome());
          json.writeStringField("request_id", event.requestId());
          json.writeFieldName("details");
          json.writeRawValue(details);
          json.writeEndObject();
        });
  }

  static String details(Map<String, String> details) {
    String[] names = details.keySet().toArray(String[]::new);
    Arrays.sort(names);
    return new String(
        Json.written(
            json -> {
              json.writeStartObject();
              for (String name : names) {
                json.writeStringField(name, details.get(name));
              }
              json.writeEndObject();
            }),
        StandardCharsets.UTF_8);
  }
}
