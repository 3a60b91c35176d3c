package dev.mandate.domain.ratelimit;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The limits that one caller's calls must fit, all of them. Safe from any thread.
public final class RatePath {
  /// Of a call that nothing limits.
  public static final RatePath FREE =
      new RatePath(
          new RateRules(TenantId.DEFAULT, List.of()),
          new RateCaller(null, new ClientId(""), new MandateId(""), null));

  private final RateRules rules;
  private final RateCaller caller;
  private final List<Place> all;

  /// Of the models that were called and have limits of their own.
  private final Map<String, List<Place>> byModel = new ConcurrentHashMap<>();

  /// One of them.
  ///
  /// @param bucket names what is counted together, within the tenant
  /// @param model null where all models count
  record Place(String bucket, RateHolder holder, @Nullable String model, Rates rates) {}

  RatePath(RateRules rules, RateCaller caller) {
    this.rules = rules;
    this.caller = caller;
    this.all = rules.places(caller, null);
  }

  /// Whether it was made from these: others may say something else.
  @SuppressWarnings("ReferenceEquality") // The same ones, not some like them.
  public boolean isOf(RateRules now) {
    return rules == now;
  }

  RateRules rules() {
    return rules;
  }

  List<Place> places(@Nullable String model) {
    if (model == null || !rules.limits(model)) {
      return all;
    }
    return byModel.computeIfAbsent(model, name -> rules.places(caller, name));
  }
}
