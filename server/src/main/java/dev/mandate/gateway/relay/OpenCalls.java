package dev.mandate.gateway.relay;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.gateway.Refusal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// All calls under way: bounded, and found when rights end.
public final class OpenCalls {
  private final int max;
  private final int perMandateMax;
  private final AtomicInteger count = new AtomicInteger();
  private final Set<OpenCall> open = ConcurrentHashMap.newKeySet();
  private final ConcurrentHashMap<MandateId, Integer> countByMandate = new ConcurrentHashMap<>();

  public OpenCalls(int max, int perMandateMax) {
    this.max = max;
    this.perMandateMax = perMandateMax;
  }

  public int count() {
    return count.get();
  }

  /// @throws Refusal when there are too many
  public void add(OpenCall call) {
    if (count.incrementAndGet() > max) {
      count.decrementAndGet();
      throw Refusal.of(
          Refusal.Code.TOO_MANY_STREAMS, "the server has " + max + " calls under way, the most");
    }
    MandateId mandate = call.caller().mandate();
    int ofMandate = countByMandate.merge(mandate, 1, Integer::sum);
    if (ofMandate > perMandateMax) {
      forget(mandate);
      throw Refusal.of(
          Refusal.Code.TOO_MANY_STREAMS,
          "the mandate has " + perMandateMax + " calls under way, the most");
    }
    open.add(call);
  }

  public void remove(OpenCall call) {
    if (open.remove(call)) {
      forget(call.caller().mandate());
    }
  }

  private void forget(MandateId mandate) {
    count.decrementAndGet();
    countByMandate.computeIfPresent(mandate, (_, n) -> n <= 1 ? null : n - 1);
  }

  public void cutMandate(MandateId mandate) {
    cut(
        call -> call.caller().mandate().equals(mandate),
        Refusal.of(Refusal.Code.MANDATE_REVOKED, "the mandate was revoked"));
  }

  public void cutToken(String jti) {
    cut(
        call -> jti.equals(call.caller().jti()),
        Refusal.of(Refusal.Code.INVALID_TOKEN, "the access token was revoked"));
  }

  public void cutApiKey(ApiKeyId id) {
    cut(
        call -> id.equals(call.caller().apiKey()),
        Refusal.of(Refusal.Code.API_KEY_REVOKED, "the API key was revoked"));
  }

  public void cutAll(Refusal why) {
    cut(_ -> true, why);
  }

  private void cut(Predicate<OpenCall> which, Refusal why) {
    for (OpenCall call : open) {
      if (which.test(call)) {
        call.cut(why);
      }
    }
  }

  /// The calls that `which` picks, by mandate.
  public Map<MandateId, List<OpenCall>> byMandate(Predicate<OpenCall> which) {
    Map<MandateId, List<OpenCall>> calls = new HashMap<>();
    for (OpenCall call : open) {
      if (which.test(call)) {
        calls.computeIfAbsent(call.caller().mandate(), _ -> new ArrayList<>()).add(call);
      }
    }
    return calls;
  }

  public void check(long nanos, Instant now) {
    for (OpenCall call : open) {
      call.check(nanos, now);
    }
  }
}
