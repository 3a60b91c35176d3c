package dev.mandate.domain.prompt;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// All that a tenant says of prompts, at one moment.
public record PromptBook(
    PromptPolicy policy, List<PromptCategory> categories, List<PromptRule> rules) {
  public PromptBook {
    categories = List.copyOf(categories);
    rules = List.copyOf(rules);
  }

  public @Nullable PromptCategory category(String name) {
    for (PromptCategory category : categories) {
      if (category.name().equals(name)) {
        return category;
      }
    }
    return null;
  }
}
