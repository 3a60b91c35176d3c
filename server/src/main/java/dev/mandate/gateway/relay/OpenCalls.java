package dev.mandate.gateway.relay;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.snapshot.TenantKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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
  private final ConcurrentHashMap<TenantKey<MandateId>, Integer> countByMandate =
      new ConcurrentHashMap<>();

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
    TenantKey<MandateId> mandate = call.caller().payer();
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
      forget(call.caller().payer());
    }
  }

  /// Puts a call in the place of another one of the same caller, so that the end of its rights is
  /// heard at every moment.
  ///
  /// @return false when the other one has ended
  boolean replace(OpenCall before, OpenCall by) {
    open.add(by);
    if (open.remove(before)) {
      return true;
    }
    open.remove(by);
    return false;
  }

  private void forget(TenantKey<MandateId> mandate) {
    count.decrementAndGet();
    countByMandate.computeIfPresent(mandate, (_, n) -> n <= 1 ? null : n - 1);
  }

  public void cutMandate(TenantId tenant, MandateId mandate) {
    cut(
        tenant,
        call -> call.caller().mandate().equals(mandate),
        Refusal.of(Refusal.Code.MANDATE_REVOKED, "the mandate was revoked"));
  }

  public void cutToken(TenantId tenant, String jti) {
    cut(
        tenant,
        call -> jti.equals(call.caller().jti()),
        Refusal.of(Refusal.Code.INVALID_TOKEN, "the access token was revoked"));
  }

  public void cutApiKey(TenantId tenant, ApiKeyId id) {
    cut(
        tenant,
        call -> id.equals(call.caller().apiKey()),
        Refusal.of(Refusal.Code.API_KEY_REVOKED, "the API key was revoked"));
  }

  public void cutCredential(TenantId tenant, String credential) {
    cut(
        tenant,
        call -> call.credential().equals(credential),
        Refusal.of(
            Refusal.Code.UPSTREAM_CREDENTIAL_REMOVED,
            "the credential that the call went out with was removed"));
  }

  /// With which credentials calls are under way.
  public Map<TenantId, Set<String>> credentials() {
    Map<TenantId, Set<String>> all = new HashMap<>();
    for (OpenCall call : open) {
      all.computeIfAbsent(call.caller().tenant(), _ -> new HashSet<>()).add(call.credential());
    }
    return all;
  }

  public List<OpenCall> ofApiKey(TenantId tenant, ApiKeyId id) {
    return open.stream()
        .filter(call -> call.caller().tenant().equals(tenant) && id.equals(call.caller().apiKey()))
        .toList();
  }

  public void cutLentPlaces(Refusal why) {
    for (OpenCall call : open) {
      if (call.hasLentPlace()) {
        call.cut(why);
      }
    }
  }

  public void cutAll(Refusal why) {
    open.forEach(call -> call.cut(why));
  }

  private void cut(TenantId tenant, Predicate<OpenCall> which, Refusal why) {
    for (OpenCall call : open) {
      if (call.caller().tenant().equals(tenant) && which.test(call)) {
        call.cut(why);
      }
    }
  }

  /// The tenant's calls that `which` picks, by mandate.
  public Map<TenantKey<MandateId>, List<OpenCall>> byMandate(
      TenantId tenant, Predicate<OpenCall> which) {
    Map<TenantKey<MandateId>, List<OpenCall>> calls = new HashMap<>();
    for (OpenCall call : open) {
      if (call.caller().tenant().equals(tenant) && which.test(call)) {
        calls.computeIfAbsent(call.caller().payer(), _ -> new ArrayList<>()).add(call);
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
