package dev.mandate.admin;

import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Problem;
import dev.mandate.domain.user.Role;
import java.time.Instant;
import java.util.Collection;
import java.util.TreeSet;

/// How far a caller reaches: it gives and takes away only what it has itself, and acts only on
/// people who may do no more than it. Without this rule `users:write` would be every scope: make
/// yourself an owner, or set an owner's password. And so would `clients:write`: make a client that
/// has it, or take one over that does.
final class Reach {
  static final Problem BEYOND =
      new Problem(403, "beyond_own_scopes", "The caller has less than what it would decide about");

  static final Problem NEEDS_API_KEY =
      new Problem(403, "needs_api_key", "An access token makes nothing that outlives its mandate");

  static final Problem OUTLIVES =
      new Problem(403, "would_outlive", "It would last longer than what it hangs on");

  private Reach() {}

  /// What an agent makes must end with its mandate: a key, a service's secret or a password with
  /// rights at this API would live on.
  ///
  /// @throws dev.mandate.admin.operation.Refused when the caller holds an access token
  static void requireLasting(Call call) {
    if (call.caller().mandate() != null) {
      throw NEEDS_API_KEY.because("call with an API key; what a mandate gives ends with it");
    }
  }

  /// What a key decides ends with that key at the latest: a key for a day that could make one for
  /// ninety would be one for ninety.
  ///
  /// @throws dev.mandate.admin.operation.Refused when it would end after `latest`
  static void requireEnd(Instant end, Instant latest) {
    if (end.isAfter(latest)) {
      throw OUTLIVES.because(
          "it would end at %s, expected %s at the latest".formatted(end, latest));
    }
  }

  /// @throws dev.mandate.admin.operation.Refused when the role may do more than the caller
  static void require(Call call, Role role) {
    require(call, role.adminScopes(), "the role " + role.name() + " has");
  }

  /// @param who begins the sentence that names what the caller lacks
  static void require(Call call, Collection<String> scopes, String who) {
    TreeSet<String> lacking = new TreeSet<>(scopes);
    lacking.removeAll(call.caller().scopes());
    if (!lacking.isEmpty()) {
      throw BEYOND.because(who + " " + lacking + ", which the caller has not");
    }
  }
}
