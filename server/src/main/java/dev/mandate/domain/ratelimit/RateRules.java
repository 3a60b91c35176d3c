package dev.mandate.domain.ratelimit;

import dev.mandate.domain.tenant.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A tenant's rate limits, as of one moment, ready to be asked. Immutable.
public final class RateRules {
  private static final String ALL_MODELS = "";

  private final TenantId tenant;
  private final Map<Rule, Rates> rules = new HashMap<>();
  private final Set<String> models = new HashSet<>();

  private record Rule(RateHolder holder, String subject, String model) {}

  public RateRules(TenantId tenant, List<RateLimit> limits) {
    this.tenant = tenant;
    for (RateLimit limit : limits) {
      String subject = limit.subject() == null ? "" : limit.subject();
      String model = limit.model() == null ? ALL_MODELS : limit.model();
      rules.put(new Rule(limit.holder(), subject, model), limit.rates());
      if (limit.model() != null) {
        models.add(limit.model());
      }
    }
  }

  public TenantId tenant() {
    return tenant;
  }

  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /// What this caller's calls must fit.
  public RatePath path(RateCaller caller) {
    return new RatePath(this, caller);
  }

  /// Whether calls of this model are counted apart as well.
  boolean limits(String model) {
    return models.contains(model);
  }

  /// First what counts all of a caller's models together, then what counts this one.
  ///
  /// @param model null for what counts all only
  List<RatePath.Place> places(RateCaller caller, @Nullable String model) {
    List<RatePath.Place> places = new ArrayList<>();
    add(places, caller, ALL_MODELS);
    if (model != null) {
      add(places, caller, model);
    }
    return List.copyOf(places);
  }

  private void add(List<RatePath.Place> places, RateCaller caller, String model) {
    for (RateHolder holder : RateHolder.values()) {
      String subject = caller.subject(holder);
      if (subject == null) {
        continue;
      }
      Rates own = rules.getOrDefault(new Rule(holder, subject, model), Rates.NONE);
      // What a limit of one's own leaves open is as for everybody.
      Rates rates = own.or(rules.getOrDefault(new Rule(holder, "", model), Rates.NONE));
      if (!rates.equals(Rates.NONE)) {
        // A model has no spaces, and the subject, which may have any character, comes last.
        String bucket = holder.wire() + ' ' + model + ' ' + subject;
        places.add(new RatePath.Place(bucket, holder, model.isEmpty() ? null : model, rates));
      }
    }
  }
}
