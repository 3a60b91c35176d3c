package dev.mandate.oauth.consent;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Splits what a person can give at one upstream among the details that ask there: what is given is
/// for the whole mandate, and a request that asks model by model must not get it once for each.
final class Shares {
  private Shares() {}

  /// @param bound of all together
  /// @return one an entry of `asked`; their totals add up to no more than the bound's
  static List<LlmTerms> of(LlmTerms bound, List<LlmTerms> asked) {
    Map<Limit, List<@Nullable Long>> split = new EnumMap<>(Limit.class);
    for (Limit limit : bound.limits().bounded()) {
      // A bound on one call is everybody's.
      if (limit.period() != null) {
        split.put(limit, split(bound, asked, limits -> limits.bound(limit)));
      }
    }
    List<LlmTerms> shares = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      int place = i;
      Limits limits =
          Limits.each(
              limit -> {
                List<@Nullable Long> shared = split.get(limit);
                return shared == null ? bound.limits().bound(limit) : shared.get(place);
              });
      shares.add(
          new LlmTerms(
              bound.upstream(),
              bound.models(),
              bound.capabilities(),
              limits,
              bound.expiresIn(),
              bound.categories()));
    }
    return shares;
  }

  /// Who asks for little gets it; the others share the rest evenly.
  private static List<@Nullable Long> split(
      LlmTerms bound, List<LlmTerms> asked, Function<Limits, @Nullable Long> limit) {
    Long total = limit.apply(bound.limits());
    List<@Nullable Long> shares = new ArrayList<>();
    asked.forEach(_ -> shares.add(total));
    if (total == null) {
      return shares;
    }
    long left = total;
    int takers = asked.size();
    for (int i :
        IntStream.range(0, asked.size())
            .boxed()
            .sorted(Comparator.comparingLong(k -> wish(asked.get(k), limit)))
            .toList()) {
      long share = Math.min(wish(asked.get(i), limit), left / takers);
      shares.set(i, share);
      left -= share;
      takers--;
    }
    return shares;
  }

  private static long wish(LlmTerms asked, Function<Limits, @Nullable Long> limit) {
    Long wished = limit.apply(asked.limits());
    return wished == null ? Long.MAX_VALUE : wished;
  }
}
