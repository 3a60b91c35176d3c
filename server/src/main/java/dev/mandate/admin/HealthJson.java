package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.upstream.UpstreamHealth.Failure;
import dev.mandate.domain.upstream.UpstreamHealth.Health;
import dev.mandate.domain.upstream.UpstreamHealth.State;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How an upstream is, as JSON.
final class HealthJson {
  static final Schema HEALTH =
      Schema.answer("UpstreamHealth", "How an upstream is, as one node finds it.")
          .with(
              "state",
              Schema.oneOf(State.wires())
                  .describe(
                      "`down` while its circuit is open, `trying` while single calls find out"
                          + " whether it works again, `unknown` before the first call."))
          .with("calls_under_way", Schema.integer(0, Integer.MAX_VALUE))
          .maybe("worked_at", Schema.instant().describe("When it last answered."))
          .maybe("failed_at", Schema.instant().describe("When it last failed."))
          .maybe("last_failure", Schema.oneOf(Failure.wires()));

  private HealthJson() {}

  static ObjectNode write(Health health) {
    ObjectNode node =
        Json.object()
            .put("state", health.state().wire())
            .put("calls_under_way", Math.max(0, health.callsUnderWay()));
    put(node, "worked_at", health.workedAt());
    put(node, "failed_at", health.failedAt());
    if (health.lastFailure() != null) {
      node.put("last_failure", health.lastFailure().wire());
    }
    return node;
  }

  private static void put(ObjectNode node, String member, @Nullable Instant at) {
    if (at != null) {
      node.put(member, at.toString());
    }
  }
}
