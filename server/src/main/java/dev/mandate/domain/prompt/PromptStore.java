package dev.mandate.domain.prompt;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps what tenants say of prompts. Every change announces `PolicyChanged`.
public interface PromptStore {
  int CATEGORIES_MAX = 50;
  int RULES_MAX = 500;

  /// Read at one moment.
  PromptBook book(TenantId tenant);

  /// The standard one where there is none.
  PromptPolicy policy(TenantId tenant);

  /// @return false when the policy is another one by now
  boolean replace(PromptPolicy expected, PromptPolicy replacement);

  @Nullable PromptCategory category(TenantId tenant, String name);

  /// How a change ended.
  enum Outcome {
    DONE,
    /// What is stored is not what was expected.
    UNEXPECTED,
    /// The tenant has as many as it can have.
    FULL
  }

  /// @param expected null for a new one
  Outcome save(@Nullable PromptCategory expected, PromptCategory category);

  /// Removes the category with its rules.
  Outcome remove(PromptCategory expected);

  @Nullable PromptRule rule(TenantId tenant, String id);

  /// By id.
  List<PromptRule> rules(TenantId tenant);

  /// `UNEXPECTED` when there is no such category.
  Outcome insert(PromptRule rule);

  Outcome remove(PromptRule expected);
}
