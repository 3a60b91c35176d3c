package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/mandates`: list, read, revoke.
public final class MandatesApi {
  public static final String READ = "mandates:read";
  public static final String REVOKE = "mandates:revoke";
  private static final int PAGE_DEFAULT = 50;
  private static final int PAGE_MAX = 200;

  private final MandateStore mandates;
  private final LedgerStore ledger;
  private final AuditStore audit;
  private final InstantSource clock;

  public MandatesApi(
      MandateStore mandates, LedgerStore ledger, AuditStore audit, InstantSource clock) {
    this.mandates = mandates;
    this.ledger = ledger;
    this.audit = audit;
    this.clock = clock;
  }

  public void mount(Router router, AdminAccess access) {
    router
        .add("GET", "/admin/v1/mandates", access.requiring(READ, this::list))
        .add("GET", "/admin/v1/mandates/{id}", access.requiring(READ, this::read))
        .add("POST", "/admin/v1/mandates/{id}/revoke", access.requiring(REVOKE, this::revoke));
  }

  private HttpResponse list(HttpRequest request, ApiKey caller) {
    int limit = PAGE_DEFAULT;
    String asked = request.query().one("limit");
    if (asked != null) {
      if (!asked.matches("[0-9]{1,3}")
          || Integer.parseInt(asked) < 1
          || Integer.parseInt(asked) > PAGE_MAX) {
        return HttpListener.problem(
            400, "invalid_limit", "limit is a number from 1 to " + PAGE_MAX, request.id());
      }
      limit = Integer.parseInt(asked);
    }
    String before = request.query().one("before");
    List<Mandate> page =
        mandates.all(caller.tenant(), before == null ? null : new MandateId(before), limit);
    ArrayNode items = Json.object().arrayNode();
    page.forEach(m -> items.add(json(m)));
    ObjectNode body = Json.object();
    body.set("items", items);
    if (page.size() == limit) {
      body.put("next_before", page.getLast().id().value());
    }
    return HttpResponse.json(200, body);
  }

  private HttpResponse read(HttpRequest request, ApiKey caller) {
    Mandate mandate = mandates.find(caller.tenant(), id(request));
    return mandate == null ? notFound(request) : HttpResponse.json(200, json(mandate));
  }

  private HttpResponse revoke(HttpRequest request, ApiKey caller) {
    Instant now = clock.instant();
    if (!mandates.revoke(caller.tenant(), id(request), now)) {
      return notFound(request);
    }
    audit.append(
        List.of(
            new AuditEvent(
                caller.tenant(),
                now,
                "mandate.revoked",
                caller.id().value(),
                id(request).value(),
                "ok",
                request.id(),
                Map.of("by", "admin_api"))));
    return read(request, caller);
  }

  private static MandateId id(HttpRequest request) {
    return new MandateId(request.pathParameter("id"));
  }

  private static HttpResponse notFound(HttpRequest request) {
    return HttpListener.problem(404, "not_found", "there is no such mandate", request.id());
  }

  private ObjectNode json(Mandate mandate) {
    Instant now = clock.instant();
    LedgerStore.Summary spent = ledger.summary(mandate.tenant(), mandate.id());
    ObjectNode node =
        Json.object()
            .put("id", mandate.id().value())
            .put("status", status(mandate, now))
            .put("client_id", mandate.client().value())
            .put("user_id", mandate.user() == null ? null : mandate.user().value())
            .put("scope", String.join(" ", mandate.scopes()))
            .put("created_at", mandate.createdAt().toString())
            .put("expires_at", mandate.expiresAt().toString())
            .put("revoked_at", text(mandate.revokedAt()));
    node.set("authorization_details", AuthorizationDetails.write(mandate.access(), now));
    node.putObject("spent")
        .put("requests", spent.requests())
        .put("input_tokens", spent.inputTokens())
        .put("output_tokens", spent.outputTokens())
        .put("cost_micros", spent.costMicros())
        .put("last_used_at", text(spent.lastUsedAt()));
    return node;
  }

  private static String status(Mandate mandate, Instant now) {
    if (mandate.isRevoked()) {
      return "revoked";
    }
    return mandate.isExpired(now) ? "expired" : "active";
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}
