package dev.mandate.domain.monitoring;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.monitoring.Finding.Response;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Takes the counts of this node to the store, looks at the callers that were in them with what all
/// nodes have seen, does what the tenant wants done about what it finds, and has slots learned that
/// are over. One thread calls it.
public final class Monitor {
  /// For which a caller is answered 429.
  static final Duration THROTTLE = Duration.ofMinutes(10);

  /// After the end of a slot, for the counts of other nodes to arrive.
  static final Duration GRACE = Duration.ofMinutes(1);

  /// Learned at a time.
  private static final int LEARNED_MAX = 500;

  /// How often it looks for findings that nobody was told of: its first round does, for the process
  /// before may have died between storing one and telling it, and then for the nodes that died.
  static final Duration UNTOLD_EVERY = Duration.ofHours(1);

  /// Of them, told at a time.
  private static final int UNTOLD_MAX = 500;

  /// Stored in one transaction.
  private static final int ROWS_MAX = 500;

  private final Activity activity;
  private final MonitoringStore store;
  private final FindingStore findings;
  private final Notices notices;
  private final AuditStore audit;
  private final Function<CallerId, @Nullable UserId> owners;
  private final TokenSource ids;
  private final InstantSource clock;
  private final String node;
  private Instant nextUntold = Instant.MIN;

  /// @param owners who is told of a caller beside the administrators
  /// @param node this process
  public Monitor(
      Activity activity,
      MonitoringStore store,
      FindingStore findings,
      Notices notices,
      AuditStore audit,
      Function<CallerId, @Nullable UserId> owners,
      TokenSource ids,
      InstantSource clock,
      String node) {
    this.activity = activity;
    this.store = store;
    this.findings = findings;
    this.notices = notices;
    this.audit = audit;
    this.owners = owners;
    this.ids = ids;
    this.clock = clock;
    this.node = node;
  }

  /// One round.
  public void round() {
    Instant now = clock.instant();
    List<Observed> taken = activity.take();
    for (int from = 0; from < taken.size(); from += ROWS_MAX) {
      store.add(node, taken.subList(from, Math.min(from + ROWS_MAX, taken.size())));
    }
    Map<TenantId, List<CallerId>> seen = new LinkedHashMap<>();
    for (Observed one : taken) {
      seen.computeIfAbsent(one.caller().tenant(), _ -> new ArrayList<>()).add(one.caller());
    }
    seen.forEach((tenant, callers) -> look(tenant, callers, now));
    learn(now);
    if (!now.isBefore(nextUntold)) {
      nextUntold = now.plus(UNTOLD_EVERY);
      // Telling twice tells once.
      findings.untold(now.minus(CoolDown.LOOKS_BACK), UNTOLD_MAX).forEach(this::respond);
    }
  }

  private void look(TenantId tenant, List<CallerId> callers, Instant now) {
    Map<Finding.Kind, Response> responses = findings.responses(tenant);
    store
        .seen(tenant, callers)
        .forEach(
            (caller, slots) -> {
              Baseline known = store.baseline(caller);
              Observed last = slots.getLast();
              Baseline baseline = known == null ? Baseline.start(slots.getFirst().slot()) : known;
              for (Observed slot : slots.subList(0, slots.size() - 1)) {
                baseline = baseline.with(slot);
              }
              for (Detector.Sign sign : Detector.look(baseline, last)) {
                found(caller, sign, responses, now);
              }
            });
  }

  private void found(
      CallerId caller, Detector.Sign sign, Map<Finding.Kind, Response> responses, Instant now) {
    Response response = responses.getOrDefault(sign.kind(), sign.kind().builtIn());
    if (response == Response.NOTHING) {
      return;
    }
    // Nobody holds a network of strangers back: behind it are those who are none.
    if (caller.kind() == CallerId.Kind.NETWORK && response.compareTo(Response.ALERT) > 0) {
      response = Response.ALERT;
    }
    Finding finding =
        new Finding(
            ids.id("fnd"),
            caller,
            sign.kind(),
            sign.observed(),
            sign.expected(),
            response,
            now.truncatedTo(ChronoUnit.MILLIS));
    if (findings.raise(
        finding,
        restraint(finding),
        now.minus(CoolDown.LOOKS_BACK),
        before -> CoolDown.admits(sign.kind(), before, now))) {
      respond(finding);
    }
  }

  private static @Nullable Restraint restraint(Finding finding) {
    return switch (finding.response()) {
      case NOTHING, RECORD, ALERT -> null;
      case THROTTLE ->
          new Restraint(finding.caller(), finding.at(), finding.at().plus(THROTTLE), finding.id());
      case SUSPEND -> new Restraint(finding.caller(), finding.at(), null, finding.id());
    };
  }

  private void respond(Finding finding) {
    audit.append(
        List.of(
            new AuditEvent(
                finding.caller().tenant(),
                finding.at(),
                "caller.unusual",
                finding.caller().text(),
                null,
                finding.response().wire(),
                finding.id(),
                Map.of("kind", finding.kind().wire(), "observed", finding.observed()))));
    switch (finding.response()) {
      case NOTHING, RECORD -> {}
      case ALERT -> tell(finding, Notice.Kind.CALLER_UNUSUAL, "");
      case THROTTLE ->
          tell(
              finding,
              Notice.Kind.CALLER_UNUSUAL,
              " It is answered 429 for %d minutes.".formatted(THROTTLE.toMinutes()));
      case SUSPEND ->
          tell(
              finding,
              Notice.Kind.CALLER_SUSPENDED,
              " It is suspended until an administrator lets it go on.");
    }
  }

  private void tell(Finding finding, Notice.Kind kind, String done) {
    notices.tell(
        finding.caller().tenant(),
        kind,
        finding.id(),
        finding.caller().text(),
        owners.apply(finding.caller()),
        "%s: %s, expected %s.%s"
            .formatted(finding.caller().text(), finding.observed(), finding.expected(), done));
  }

  private void learn(Instant now) {
    long before = Observed.slotOf(now.minus(GRACE).toEpochMilli());
    for (CallerId caller : store.unlearned(before, LEARNED_MAX)) {
      store.learn(caller, before, Monitor::folded);
    }
  }

  /// The baseline with one slot more.
  public static Baseline folded(@Nullable Baseline baseline, Observed slot) {
    return (baseline == null ? Baseline.start(slot.slot()) : baseline).with(slot);
  }
}
