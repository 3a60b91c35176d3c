package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.FindingStore;
import dev.mandate.domain.monitoring.MonitoringStore;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.monitoring.RestraintStore;
import dev.mandate.domain.monitoring.Usual;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/callers`, `/findings`, `/responses` and `/restraints`: what is usual for each key and
/// client, what was not, what is done about it, and who is held back.
public final class MonitoringApi {
  private static final Schema CALLER_ID =
      Schema.string(1, 300).describe("`api_key:` or `client:`, and its id.");

  private static final Schema USUAL =
      Schema.answer("Caller", "What is usual for an API key or a client.")
          .with("id", CALLER_ID)
          .with("learned", Schema.flag().describe("Whether it was watched for long enough."))
          .with("days", Schema.amount().describe("With calls, of the last sixty."))
          .maybe("calls_per_5_minutes_max", Schema.amount().describe("What is still usual."))
          .maybe("calls_per_hour_max", Schema.amount())
          .maybe("refusals_per_5_minutes_max", Schema.amount())
          .maybe("cost_micros_per_hour_max", Schema.amount())
          .maybe("cost_micros_per_day_max", Schema.amount())
          .with("networks", Schema.array(Schema.text(), 64))
          .with("models", Schema.array(Schema.text(), 32))
          .with(
              "hours",
              Schema.array(Schema.integer(0, 23), 24).describe("Of the day in UTC, with calls."));

  private static final Schema FINDING =
      Schema.answer("Finding", "Something that is unlike what a caller did before.")
          .with("id", Schema.text())
          .with("caller_id", CALLER_ID)
          .with("kind", Schema.oneOf(Finding.Kind.wires()))
          .with("observed", Schema.string(0, 1_000))
          .with("expected", Schema.string(0, 4_000))
          .with("response", Schema.oneOf(Finding.Response.wires()))
          .with("at", Schema.instant());

  private static final Schema RESPONSE =
      Schema.answer("Response", "What is done about a kind of finding.")
          .with("id", Schema.oneOf(Finding.Kind.wires()))
          .with("response", Schema.oneOf(Finding.Response.wires()))
          .with("built_in", Schema.flag().describe("Whether nobody has decided otherwise."));

  private static final Schema DECISION =
      Schema.body("ResponseDecision", "What is to be done about a kind of finding.")
          .with("response", Schema.oneOf(Finding.Response.wires()));

  private static final Schema RESTRAINT =
      Schema.answer("Restraint", "A caller that is held back.")
          .with("id", CALLER_ID)
          .with("restraint", Schema.oneOf("throttled", "suspended"))
          .with("finding_id", Schema.text())
          .with("since", Schema.instant())
          .maybe("ends_at", Schema.instant().describe("When it may go on by itself."));

  private static final Problem NOBODY_BEHIND =
      new Problem(
          409, "nobody_behind", "The finding is of a network of strangers: there is no caller");

  private static final Problem NOT_HELD =
      new Problem(409, "not_held_back", "The caller was let go on at this moment");

  private final MonitoringStore monitoring;
  private final FindingStore findings;
  private final RestraintStore restraints;

  public MonitoringApi(
      MonitoringStore monitoring, FindingStore findings, RestraintStore restraints) {
    this.monitoring = monitoring;
    this.findings = findings;
    this.restraints = restraints;
  }

  private record Decided(TenantId tenant, Finding.Kind kind, Finding.@Nullable Response response) {
    Finding.Response effective() {
      return response == null ? kind.builtIn() : response;
    }
  }

  public List<Operation> operations() {
    Single<Usual> caller =
        new Single<>("/callers/{caller_id}", USUAL, this::usual, (_, one) -> json(one));
    Single<Finding> finding =
        new Single<>(
            "/findings/{finding_id}",
            FINDING,
            call -> findings.finding(call.tenant(), call.path("finding_id")),
            (_, one) -> json(one));
    Single<Decided> response =
        new Single<>("/responses/{finding_kind}", RESPONSE, this::decided, (_, one) -> json(one));
    Single<Restraint> restraint =
        new Single<>("/restraints/{caller_id}", RESTRAINT, this::restraint, (_, one) -> json(one));
    return List.of(
        Operation.list("listCallers", AdminScope.MONITORING_READ, "/callers", USUAL, this::callers)
            .says("Lists what is usual for each key and client that was seen"),
        Operation.read("readCaller", AdminScope.MONITORING_READ, caller)
            .says("Reads what is usual for a key or client"),
        Operation.act("relearnCaller", AdminScope.MONITORING_WRITE, caller, "relearn", this::forget)
            .says("Forgets what is usual for a caller, which has another task now")
            .audited("caller.relearned"),
        Operation.list(
                "listFindings", AdminScope.MONITORING_READ, "/findings", FINDING, this::found)
            .says("Lists what was unlike before, newest first")
            .filter("caller_id", CALLER_ID, "Only those of this caller.")
            .filter("kind", Schema.oneOf(Finding.Kind.wires()), "Only those of this kind."),
        Operation.read("readFinding", AdminScope.MONITORING_READ, finding).says("Reads a finding"),
        Operation.act(
                "suspendCaller", AdminScope.MONITORING_WRITE, finding, "suspend", this::suspend)
            .says("Suspends the caller of a finding, on all nodes at once, until it is resumed")
            .audited("caller.suspended")
            .mayRefuse(NOBODY_BEHIND),
        Operation.list(
                "listResponses",
                AdminScope.MONITORING_READ,
                "/responses",
                RESPONSE,
                this::responses)
            .says("Lists what is done about each kind of finding"),
        Operation.read("readResponse", AdminScope.MONITORING_READ, response)
            .says("Reads what is done about a kind of finding"),
        Operation.replace(
                "decideResponse",
                AdminScope.MONITORING_WRITE,
                response,
                DECISION,
                (_, current, body) ->
                    new Decided(
                        current.tenant(),
                        current.kind(),
                        Finding.Response.ofWire(body.required("response").asText())),
                this::decide)
            .says("Decides what is done about a kind of finding")
            .audited("response.decided"),
        Operation.list(
                "listRestraints", AdminScope.MONITORING_READ, "/restraints", RESTRAINT, this::held)
            .says("Lists callers that are held back"),
        Operation.read("readRestraint", AdminScope.MONITORING_READ, restraint)
            .says("Reads why a caller is held back"),
        Operation.act(
                "resumeCaller", AdminScope.MONITORING_WRITE, restraint, "resume", this::resume)
            .says("Lets a caller go on, on all nodes at once")
            .audited("caller.resumed")
            .mayRefuse(NOT_HELD));
  }

  private static @Nullable CallerId callerId(Call call) {
    try {
      return CallerId.parse(call.tenant(), call.path("caller_id"));
    } catch (IllegalArgumentException _) {
      // Spelled like none, so there is none.
      return null;
    }
  }

  private @Nullable Usual usual(Call call) {
    CallerId id = callerId(call);
    return id == null ? null : Usual.of(id, monitoring.baseline(id));
  }

  private Page callers(Call call, Page.Range range) {
    return Page.of(
        monitoring.page(call.tenant(), range.after(), range.rows()),
        range,
        known -> json(Usual.of(known)),
        known -> known.caller().text());
  }

  private Made forget(Call call, Usual current, ObjectNode body) {
    monitoring.forget(current.caller());
    return Made.of(json(Usual.none(current.caller())));
  }

  private Page found(Call call, Page.Range range) {
    String kind = call.query("kind");
    Page.Position position = range.position();
    return Page.of(
        findings.findings(
            call.tenant(),
            new FindingStore.Filter(
                call.query("caller_id"), kind == null ? null : Finding.Kind.ofWire(kind)),
            position == null ? null : new FindingStore.Place(position.at(), position.id()),
            range.rows()),
        range,
        MonitoringApi::json,
        one -> new Page.Position(one.at(), one.id()).text());
  }

  private Made suspend(Call call, Finding current, ObjectNode body) {
    if (!current.holdsBack()) {
      throw NOBODY_BEHIND.because(
          current.caller().text() + " is no API key and no client, expected a finding of one");
    }
    restraints.hold(new Restraint(current.caller(), call.now(), null, current.id()));
    return Made.of(json(current));
  }

  private @Nullable Decided decided(Call call) {
    Finding.Kind kind = Finding.Kind.ofWire(call.path("finding_kind"));
    return kind == null
        ? null
        : new Decided(call.tenant(), kind, findings.responses(call.tenant()).get(kind));
  }

  private Page responses(Call call, Page.Range range) {
    Map<Finding.Kind, Finding.Response> decided = findings.responses(call.tenant());
    List<ObjectNode> all =
        Arrays.stream(Finding.Kind.values())
            .map(kind -> json(new Decided(call.tenant(), kind, decided.get(kind))))
            .toList();
    return new Page(all, null);
  }

  private boolean decide(Decided expected, Decided replacement) {
    return findings.respond(
        expected.tenant(), expected.kind(), expected.response(), replacement.response());
  }

  private @Nullable Restraint restraint(Call call) {
    CallerId id = callerId(call);
    return id == null ? null : restraints.find(id);
  }

  private Page held(Call call, Page.Range range) {
    return Page.of(
        restraints.page(call.tenant(), range.after(), range.rows()),
        range,
        MonitoringApi::json,
        one -> one.caller().text());
  }

  private Made resume(Call call, Restraint current, ObjectNode body) {
    if (!restraints.release(current.caller())) {
      throw NOT_HELD.because("it is not held back any more");
    }
    return Made.of(json(current));
  }

  private static ObjectNode json(Usual usual) {
    ObjectNode node =
        Json.object()
            .put("id", usual.caller().text())
            .put("learned", usual.learned())
            .put("days", usual.days());
    usual.measures().forEach(node::put);
    usual.networks().forEach(node.putArray("networks")::add);
    usual.models().forEach(node.putArray("models")::add);
    usual.hours().forEach(node.putArray("hours")::add);
    return node;
  }

  private static ObjectNode json(Finding finding) {
    return Json.object()
        .put("id", finding.id())
        .put("caller_id", finding.caller().text())
        .put("kind", finding.kind().wire())
        .put("observed", finding.observed())
        .put("expected", finding.expected())
        .put("response", finding.response().wire())
        .put("at", finding.at().toString());
  }

  private static ObjectNode json(Decided decided) {
    return Json.object()
        .put("id", decided.kind().wire())
        .put("response", decided.effective().wire())
        .put("built_in", decided.response() == null);
  }

  private static ObjectNode json(Restraint restraint) {
    ObjectNode node =
        Json.object()
            .put("id", restraint.caller().text())
            .put("restraint", restraint.isSuspension() ? "suspended" : "throttled")
            .put("finding_id", restraint.finding())
            .put("since", restraint.since().toString());
    return restraint.endsAt() == null ? node : node.put("ends_at", restraint.endsAt().toString());
  }
}
