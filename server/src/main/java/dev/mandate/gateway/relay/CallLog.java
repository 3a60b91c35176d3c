package dev.mandate.gateway.relay;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Network;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.CallMeters;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.platform.observe.RequestFacts;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes down each call, and each refusal, without a word of what was said (design §10).
public final class CallLog {
  private static final int MODEL_CHARACTERS_MAX = 100;

  private final AuditStore audit;
  private final InstantSource clock;
  private final CallMeters meters;
  private final Watching watching;

  public CallLog(GatewayParts parts, CallMeters meters, Watching watching) {
    this.watching = watching;
    this.audit = parts.audit();
    this.clock = parts.clock();
    this.meters = meters;
  }

  /// A call that was refused before it went out.
  ///
  /// @param tenant whose path was called
  public void refused(
      TenantId tenant,
      RequestFacts facts,
      Refusal refusal,
      String upstream,
      @Nullable String endpoint,
      @Nullable String model,
      @Nullable Caller caller,
      @Nullable Standing standing) {
    Map<String, String> details = new HashMap<>();
    putCaller(details, watching.refused(tenant, facts, refusal, caller, standing), facts);
    details.put("upstream", upstream);
    if (endpoint != null) {
      details.put("endpoint", endpoint);
    }
    if (model != null) {
      details.put("model", model.substring(0, Math.min(model.length(), MODEL_CHARACTERS_MAX)));
    }
    putPrompt(details, facts);
    if (refusal.limitName() != null && refusal.limitOf() != null) {
      details.put("limit", refusal.limitName());
      details.put("limit_of", refusal.limitOf());
    }
    putTrace(details, facts);
    MandateId mandate = caller == null ? null : caller.mandate();
    audit.appendLater(
        new AuditEvent(
            tenant,
            clock.instant(),
            "call.refused",
            actor(caller, standing),
            mandate == null ? null : mandate.value(),
            refusal.code().wire(),
            facts.id(),
            details));
  }

  /// Whose call this is, for the log and the trace.
  public static void identify(RequestFacts facts, Caller caller, Standing standing) {
    facts.mandate(caller.mandate().value());
    if (caller.apiKey() != null) {
      facts.apiKey(caller.apiKey().value());
    }
    if (standing.rights() != null) {
      Mandate mandate = standing.rights().mandate();
      facts.client(mandate.client().value());
      if (mandate.user() != null) {
        facts.user(mandate.user().value());
      }
    }
  }

  /// What monitoring counted, so that a recording of calls can be held against it again (`Replay`).
  /// The network, not the address: enough for the question "was it them?".
  private static void putCaller(
      Map<String, String> details, @Nullable CallerId counted, RequestFacts facts) {
    if (counted != null) {
      details.put("caller", counted.text());
      details.put("network", Network.named(facts.peer()));
    }
  }

  /// What it was about, never a word of it.
  private static void putPrompt(Map<String, String> details, RequestFacts facts) {
    String categories = facts.promptCategories();
    if (categories != null) {
      details.put("prompt_categories", categories);
    }
  }

  private static void putTrace(Map<String, String> details, RequestFacts facts) {
    String trace = facts.span().traceId();
    if (trace != null) {
      details.put("trace_id", trace);
    }
  }

  /// A call that went out, or was about to.
  void ended(Outgoing call, Settlement.@Nullable Booked booked, @Nullable Refusal cutBy) {
    meter(call, booked, cutBy);
    Map<String, String> details = new HashMap<>();
    putCaller(details, watching.called(call, booked), call.facts());
    details.put("upstream", call.target().upstream().name());
    details.put("endpoint", call.endpoint().wire());
    details.put("model", call.prompt().model());
    putPrompt(details, call.facts());
    putTrace(details, call.facts());
    Elsewhere.From from = call.from();
    if (from != null) {
      details.put("fallback_from", from.upstream());
      details.put("fallback_cause", from.cause().wire());
    }
    if (booked != null) {
      details.put("outcome", booked.outcome());
      details.put("input_tokens", Long.toString(booked.usage().allInput()));
      details.put("output_tokens", Long.toString(booked.usage().output()));
      details.put("cost_micros", Long.toString(booked.costMicros()));
      details.put("estimated", Boolean.toString(booked.estimated()));
    }
    audit.appendLater(
        new AuditEvent(
            call.caller().tenant(),
            clock.instant(),
            "call.allowed",
            actor(call.caller(), call.standing()),
            call.caller().mandate().value(),
            cutBy == null ? "ok" : cutBy.code().wire(),
            call.id(),
            details));
  }

  private void meter(Outgoing call, Settlement.@Nullable Booked booked, @Nullable Refusal cutBy) {
    String end = cutBy != null ? cutBy.code().wire() : booked != null ? booked.outcome() : "other";
    meters.ended(
        call.provider(),
        call.endpoint(),
        call.prompt().stream(),
        end,
        System.nanoTime() - call.facts().startedNanos());
    if (booked != null) {
      meters.booked(
          call.provider(),
          call.target().upstream().name(),
          booked.usage(),
          booked.costMicros(),
          booked.estimated());
    }
  }

  private static String actor(@Nullable Caller caller, @Nullable Standing standing) {
    if (caller == null) {
      return "anonymous";
    }
    if (caller.apiKey() != null) {
      return caller.apiKey().value();
    }
    if (standing == null || standing.rights() == null) {
      return caller.mandate().value();
    }
    Mandate mandate = standing.rights().mandate();
    return mandate.user() == null ? mandate.client().value() : mandate.user().value();
  }
}
