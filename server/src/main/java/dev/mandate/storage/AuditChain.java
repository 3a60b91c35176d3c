package dev.mandate.storage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

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
    byte[] row = canonical(seq, event, details).getBytes(StandardCharsets.UTF_8);
    byte[] input = new byte[previous.length + row.length];
    System.arraycopy(previous, 0, input, 0, previous.length);
    System.arraycopy(row, 0, input, previous.length, row.length);
    return TokenHash.sha256(input);
  }

  /// Every column, in one order, details sorted by name, an absent mandate left out.
  static String canonical(long seq, AuditEvent event, String details) {
    ObjectNode node =
        Json.object()
            .put("tenant", event.tenant().value())
            .put("seq", seq)
            .put("at", event.at().toEpochMilli())
            .put("type", event.type())
            .put("actor", event.actor());
    if (event.mandate() != null) {
      node.put("mandate", event.mandate());
    }
    node.put("outcome", event.outcome()).put("request_id", event.requestId());
    node.putRawValue("details", new RawValue(details));
    return Json.write(node);
  }

  static String details(Map<String, String> details) {
    ObjectNode node = Json.object();
    new TreeMap<>(details).forEach(node::put);
    return Json.write(node);
  }
}
