package dev.mandate.domain.prompt;

import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Whether a prompt of these categories may go out.
public sealed interface PromptRuling {
  /// @param categories that were found or declared
  record Allowed(SortedSet<String> categories) implements PromptRuling {}

  /// A category that this caller may not send, or nobody.
  ///
  /// @param why after "the category"
  record Denied(String category, String why) implements PromptRuling {}

  /// In no category, where the tenant wants one.
  record Uncategorized() implements PromptRuling {}

  /// What was declared is not what was found.
  record Contradicted(String declared, SortedSet<String> found) implements PromptRuling {}

  /// There is no such category.
  record Unknown() implements PromptRuling {}

  /// A person has to say yes first. Who asks, and how, is not decided here.
  record NeedsApproval(String category) implements PromptRuling {}

  /// Who sends it.
  ///
  /// @param listed categories that the mandate lists; null where it lists none
  /// @param scopes that hold
  /// @param role of the person whose mandate it is; null for one of the tenant itself
  record Sender(@Nullable Set<String> listed, Set<String> scopes, @Nullable String role) {}

  /// Every category that was found must be allowed, and the declared one where none was.
  ///
  /// @param declared by the caller; null for none
  static PromptRuling of(
      PromptBook book, SortedSet<String> found, @Nullable String declared, Sender sender) {
    if (declared != null && book.category(declared) == null) {
      return new Unknown();
    }
    if (declared != null && !found.isEmpty() && !found.contains(declared)) {
      return new Contradicted(declared, found);
    }
    SortedSet<String> all = new TreeSet<>(found);
    if (declared != null) {
      all.add(declared);
    }
    if (all.isEmpty() && !book.policy().allowsOther()) {
      return new Uncategorized();
    }
    NeedsApproval asks = null;
    for (String name : all) {
      PromptCategory category = book.category(name);
      String why = category == null ? "is not one of the tenant's" : whyNot(category, sender);
      if (why != null) {
        return new Denied(name, why);
      }
      if (category != null && category.decision() == PromptDecision.NEEDS_APPROVAL) {
        asks = new NeedsApproval(name);
      }
    }
    return asks == null ? new Allowed(all) : asks;
  }

  private static @Nullable String whyNot(PromptCategory category, Sender sender) {
    if (category.decision() == PromptDecision.DENY) {
      return "is not allowed here";
    }
    if (sender.listed() != null && !sender.listed().contains(category.name())) {
      return "is not among those that the mandate lists";
    }
    if (category.needsScope() && !sender.scopes().contains(category.scope())) {
      return "needs the scope '" + category.scope() + "'";
    }
    return category.isOpenTo(sender.role()) ? null : "is not open to the mandate's person";
  }
}
