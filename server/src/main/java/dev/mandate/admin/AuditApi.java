package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.audit.AuditStore.Filter;
import dev.mandate.domain.audit.AuditStore.Numbered;
import dev.mandate.platform.json.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/audit`: what happened, and whether the chain of it is whole. Only reads, of committed
/// rows, so it never holds up those who append.
public final class AuditApi {
  /// Verifying reads a tenant's whole log.
  private static final int VERIFYING_MAX = 1;

  private static final Schema SEQ =
      Schema.integer(1, Long.MAX_VALUE).describe("Place in the tenant's chain.");

  private static final Schema EVENT =
      Schema.answer("AuditEvent", "One decision, as it was written down.")
          .with("id", Schema.text().describe("The same as `seq`."))
          .with("seq", SEQ)
          .with("at", Schema.instant())
          .with("type", Schema.text().example("mandate.revoked"))
          .with("actor", Schema.text().describe("Id of the user, client or API key."))
          .maybe("mandate_id", Schema.text())
          .with("outcome", Schema.text().describe("`ok`, or the code of the refusal."))
          .with("request_id", Schema.text())
          .with("details", Schema.answer("AuditDetails", "More, by name."));

  private static final Schema VERIFICATION =
      Schema.answer("AuditVerification", "What became of the chain.")
          .with("id", Schema.oneOf("verify"))
          .with("intact", Schema.flag())
          .maybe("first_broken", SEQ.describe("The first event that doesn't fit."));

  private final AuditStore audit;
  private final Semaphore verifying = new Semaphore(VERIFYING_MAX);

  public AuditApi(AuditStore audit) {
    this.audit = audit;
  }

  public List<Operation> operations() {
    Single<Long> verification =
        new Single<>(
            "/audit/verify", VERIFICATION, this::firstBroken, (_, broken) -> verified(broken));
    return List.of(
        Operation.list("listAuditEvents", AdminScope.AUDIT_READ, "/audit", EVENT, this::page)
            .says(
                "Lists events, newest first; with `from`, oldest first. A page looks at a bounded"
                    + " stretch of the log: with a filter it may be empty and still have a next"
                    + " one")
            .filter("from", SEQ, "Only events from this one on, oldest first.")
            .filter("type", Schema.text(), "Only events of this type.")
            .filter("actor", Schema.text(), "Only what this user, client or API key did.")
            .filter("mandate_id", Schema.text(), "Only what happened under this mandate.")
            .filter("since", Schema.instant(), "Only events of this moment and later.")
            .filter("until", Schema.instant(), "Only events before this moment."),
        Operation.read("verifyAudit", AdminScope.AUDIT_READ, verification)
            .says("Recomputes the chain of the tenant's whole log, one caller at a time")
            .mayRefuse(Problem.TOO_MANY_REQUESTS));
  }

  private Page page(Call call, Page.Range range) {
    Filter filter =
        new Filter(
            call.query("type"),
            call.query("actor"),
            call.query("mandate_id"),
            instant(call, "since"),
            instant(call, "until"));
    Long position = range.after() == null ? null : position(range.after());
    String from = call.query("from");
    AuditStore.Page page =
        from == null
            ? audit.newest(call.tenant(), filter, position, range.limit())
            : audit.oldest(
                call.tenant(),
                filter,
                position == null ? Long.parseLong(from) : position,
                range.limit());
    Long next = page.next();
    return new Page(
        page.events().stream().map(AuditApi::json).toList(), next == null ? null : next.toString());
  }

  private static @Nullable Instant instant(Call call, String name) {
    String text = call.query(name);
    if (text == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException _) {
      throw Problem.INVALID_PARAMETER.because(
          "query parameter " + name + " is no instant, expected one as 2026-11-21T10:00:00Z");
    }
  }

  private static long position(String after) {
    try {
      return Long.parseLong(after);
    } catch (NumberFormatException _) {
      throw Problem.INVALID_PARAMETER.because("cursor is none that this list gave");
    }
  }

  private Long firstBroken(Call call) {
    if (!verifying.tryAcquire()) {
      throw Problem.TOO_MANY_REQUESTS.because("the log is being verified; try again");
    }
    try {
      return audit.firstBroken(call.tenant());
    } finally {
      verifying.release();
    }
  }

  private static ObjectNode verified(long broken) {
    ObjectNode node = Json.object().put("id", "verify").put("intact", broken == 0);
    return broken == 0 ? node : node.put("first_broken", broken);
  }

  private static ObjectNode json(Numbered numbered) {
    AuditEvent event = numbered.event();
    ObjectNode node =
        Json.object()
            .put("id", Long.toString(numbered.seq()))
            .put("seq", numbered.seq())
            .put("at", event.at().toString())
            .put("type", event.type())
            .put("actor", event.actor());
    if (event.mandate() != null) {
      node.put("mandate_id", event.mandate());
    }
    node.put("outcome", event.outcome()).put("request_id", event.requestId());
    ObjectNode details = node.putObject("details");
    new TreeMap<>(event.details()).forEach(details::put);
    return node;
  }
}
