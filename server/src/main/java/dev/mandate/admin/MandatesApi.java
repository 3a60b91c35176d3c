package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.mandate.MandateStore.Filter;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/mandates`: list, read, revoke.
public final class MandatesApi {
  private static final int SCOPE_CHARACTERS_MAX = 4000;
  private static final int DETAILS_MAX = 8;

  private static final Schema STATUS = Schema.oneOf("active", "expired", "revoked");

  private static final Schema SPENT =
      Schema.answer("Spent", "What was spent of it, with calls that are settled.")
          .with("requests", Schema.amount())
          .with("input_tokens", Schema.amount())
          .with("output_tokens", Schema.amount())
          .with("cost_micros", Schema.amount())
          .maybe("last_used_at", Schema.instant());

  private static final Schema DETAIL =
      Schema.answer("AuthorizationDetail", "Access that was given (RFC 9396).")
          .with("type", Schema.oneOf(AuthorizationDetails.LLM_ACCESS))
          .with("upstream", Schema.text())
          .with("models", Schema.array(Schema.text(), Integer.MAX_VALUE))
          .with("capabilities", Schema.array(Schema.oneOf(Capability.wires()), 100))
          .maybe("limits", Access.LIMITS)
          .with("expires_in", Schema.integer(0, Integer.MAX_VALUE).describe("Seconds from now."));

  private static final Schema MANDATE =
      Schema.answer("Mandate", "A delegation: who lets which client do what, until when.")
          .with("id", Schema.text())
          .with("status", STATUS)
          .with("client_id", Schema.text())
          .maybe("user_id", Schema.text().describe("Absent when the tenant itself gave it."))
          .maybe("parent_id", Schema.text().describe("Of a mandate that was delegated onward."))
          .with("scope", Schema.string(0, SCOPE_CHARACTERS_MAX))
          .with("authorization_details", Schema.array(DETAIL, DETAILS_MAX * DETAILS_MAX))
          .with("created_at", Schema.instant())
          .with("expires_at", Schema.instant())
          .maybe("revoked_at", Schema.instant())
          .with("spent", SPENT);

  private final MandateStore mandates;
  private final LedgerStore ledger;

  public MandatesApi(MandateStore mandates, LedgerStore ledger) {
    this.mandates = mandates;
    this.ledger = ledger;
  }

  public List<Operation> operations() {
    Single<Mandate> one = new Single<>("/mandates/{mandate_id}", MANDATE, this::find, this::json);
    return List.of(
        Operation.list("listMandates", AdminScope.MANDATES_READ, "/mandates", MANDATE, this::page)
            .says("Lists mandates, newest first")
            .filter("client_id", Schema.text(), "Only those that this client holds.")
            .filter("user_id", Schema.text(), "Only those that this person gave.")
            .filter("status", STATUS, "Only those of this status."),
        Operation.read("readMandate", AdminScope.MANDATES_READ, one).says("Reads a mandate"),
        Operation.act("revokeMandate", AdminScope.MANDATES_REVOKE, one, "revoke", this::revoke)
            .says("Revokes a mandate with all that hangs on it; open streams end")
            .audited("mandate.revoked"));
  }

  private Page page(Call call, Page.Range range) {
    String client = call.query("client_id");
    String user = call.query("user_id");
    String status = call.query("status");
    Filter filter =
        new Filter(
            client == null ? null : new ClientId(client),
            user == null ? null : new UserId(user),
            status == null ? null : Mandate.Status.ofWire(status));
    Page.Position after = range.position();
    MandateStore.Position before =
        after == null ? null : new MandateStore.Position(after.at(), new MandateId(after.id()));
    List<Mandate> rows = mandates.page(call.tenant(), filter, before, range.rows(), call.now());
    return Page.of(
        rows,
        range,
        m -> json(call, m),
        m -> new Page.Position(m.createdAt(), m.id().value()).text());
  }

  private @Nullable Mandate find(Call call) {
    return mandates.find(call.tenant(), new MandateId(call.path("mandate_id")));
  }

  private Made revoke(Call call, Mandate current, ObjectNode body) {
    mandates.revoke(call.tenant(), current.id(), call.now());
    Mandate revoked = mandates.find(call.tenant(), current.id());
    return Made.of(json(call, revoked == null ? current : revoked));
  }

  private ObjectNode json(Call call, Mandate mandate) {
    Instant now = call.now();
    LedgerStore.Summary spent = ledger.summary(mandate.tenant(), mandate.id());
    ObjectNode node =
        Json.object()
            .put("id", mandate.id().value())
            .put("status", mandate.status(now).wire())
            .put("client_id", mandate.client().value());
    if (mandate.user() != null) {
      node.put("user_id", mandate.user().value());
    }
    if (mandate.parent() != null) {
      node.put("parent_id", mandate.parent().value());
    }
    node.put("scope", String.join(" ", mandate.scopes()));
    node.set("authorization_details", AuthorizationDetails.write(mandate.access(), now));
    node.put("created_at", mandate.createdAt().toString())
        .put("expires_at", mandate.expiresAt().toString());
    if (mandate.revokedAt() != null) {
      node.put("revoked_at", mandate.revokedAt().toString());
    }
    ObjectNode sum =
        node.putObject("spent")
            .put("requests", spent.requests())
            .put("input_tokens", spent.inputTokens())
            .put("output_tokens", spent.outputTokens())
            .put("cost_micros", spent.costMicros());
    if (spent.lastUsedAt() != null) {
      sum.put("last_used_at", spent.lastUsedAt().toString());
    }
    return node;
  }
}
