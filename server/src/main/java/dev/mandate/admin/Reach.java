package dev.mandate.admin;

import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Problem;
import java.util.Collection;
import java.util.TreeSet;

/// How far a caller reaches: it gives and takes away only what it has itself. Without this rule
/// `clients:write` would be every scope: make a client that has it, or take one over that does.
final class Reach {
  static final Problem BEYOND =
      new Problem(403, "beyond_own_scopes", "The caller has less than what it would decide about");

  private Reach() {}

  /// @param who begins the sentence that names what the caller lacks
  static void require(Call call, Collection<String> scopes, String who) {
    TreeSet<String> lacking = new TreeSet<>(scopes);
    lacking.removeAll(call.caller().scopes());
    if (!lacking.isEmpty()) {
      throw BEYOND.because(who + " " + lacking + ", which the caller has not");
    }
  }
}
