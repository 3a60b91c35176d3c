package dev.mandate.domain.prompt;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/// The tenant's rules and those that ship, one pattern a category.
public final class RuleClassifier implements PromptClassifier {
  private static final long NANOS_MAX = 5_000_000_000L;

  private final Map<String, Pattern> byCategory;
  private final LongSupplier nanos;

  private RuleClassifier(Map<String, Pattern> byCategory, LongSupplier nanos) {
    this.byCategory = byCategory;
    this.nanos = nanos;
  }

  /// @param nanos a clock that nobody sets
  /// @throws Failed when a rule can't be loaded: without it, what it finds would pass
  public static RuleClassifier of(PromptBook book, ShippedRules shipped, LongSupplier nanos)
      throws Failed {
    Map<String, Pattern> byCategory = new LinkedHashMap<>();
    for (PromptCategory category : book.categories()) {
      List<String> patterns = new ArrayList<>();
      if (category.shippedRules() != null) {
        ShippedRules.RuleSet set = shipped.set(category.shippedRules());
        if (set == null) {
          throw new Failed("there is no shipped set of rules '" + category.shippedRules() + "'");
        }
        patterns.addAll(set.patterns());
      }
      for (PromptRule rule : book.rules()) {
        if (rule.category().equals(category.name())) {
          patterns.add(rule.pattern());
        }
      }
      if (!patterns.isEmpty()) {
        byCategory.put(category.name(), RulePatterns.any(patterns));
      }
    }
    return new RuleClassifier(byCategory, nanos);
  }

  @Override
  public SortedSet<String> classify(PromptText text) throws Failed {
    long began = nanos.getAsLong();
    SortedSet<String> found = new TreeSet<>();
    for (String view : text.views()) {
      for (Map.Entry<String, Pattern> entry : byCategory.entrySet()) {
        if (nanos.getAsLong() - began > NANOS_MAX) {
          throw new Failed("classifying took longer than " + NANOS_MAX / 1_000_000_000 + " s");
        }
        if (!found.contains(entry.getKey()) && entry.getValue().matcher(view).find()) {
          found.add(entry.getKey());
        }
      }
    }
    return Collections.unmodifiableSortedSet(found);
  }
}
