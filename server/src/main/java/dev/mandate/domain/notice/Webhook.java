package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import java.net.URI;
import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// A URL of a tenant's that is posted its notices (Standard Webhooks).
///
/// @param kinds that it wants; none stands for all
/// @param disabledWhy empty while it is not disabled
public record Webhook(
    TenantId tenant,
    String id,
    URI url,
    SortedSet<Notice.Kind> kinds,
    boolean disabled,
    String disabledWhy,
    Instant createdAt) {
  public Webhook {
    kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
  }

  /// What its secrets are sealed for.
  public static String row(String id) {
    return "webhook/" + id;
  }

  public boolean wants(Notice.Kind kind) {
    return !disabled && (kinds.isEmpty() || kinds.contains(kind));
  }

  /// The same with other settings. Enabling forgets why it was disabled.
  public Webhook with(URI toUrl, Set<Notice.Kind> toKinds, boolean toDisabled) {
    return new Webhook(
        tenant,
        id,
        toUrl,
        new TreeSet<>(toKinds),
        toDisabled,
        toDisabled ? (disabled ? disabledWhy : "by an administrator") : "",
        createdAt);
  }
}
