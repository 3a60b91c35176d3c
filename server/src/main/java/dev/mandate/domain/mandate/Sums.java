package dev.mandate.domain.mandate;

import dev.mandate.domain.access.Limits;
import java.util.Map;

/// What bounds sums over many mandates.
///
/// @param byAccount by the account's key; one that nothing bounds is absent
public record Sums(Map<String, Limits> byAccount) {
  public static final Sums NONE = new Sums(Map.of());

  public Sums {
    byAccount = Map.copyOf(byAccount);
  }

  /// [Limits#NONE] when nothing bounds the account.
  public Limits of(String account) {
    return byAccount.getOrDefault(account, Limits.NONE);
  }

  public boolean bounds(String account) {
    return byAccount.containsKey(account);
  }
}
