package dev.mandate.domain.budget;

import dev.mandate.domain.tenant.TenantId;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a tenant used, by day and by what it is told apart by. [LedgerStore#append] writes it, in
/// the same transaction; days are those that are charged, in the tenant's time zone.
public interface UsageStore {
  /// What usage is told apart by: one of these, or a tag.
  enum Fixed {
    MODEL,
    CLIENT,
    USER,
    UPSTREAM;

    public String wire() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /// In front of a tag's name.
  String TAG = "tag:";

  /// @param name of the model, client, user or upstream, or the tag's value; empty where a call has
  ///   none
  /// @param estimated requests of them that were booked at our bound
  record Used(
      String name,
      long requests,
      long estimated,
      long inputTokens,
      long outputTokens,
      long costMicros) {}

  /// The sums over some days, by name.
  ///
  /// @param dimension a [Fixed#wire], or [#TAG] and a tag's name
  /// @param from the first day
  /// @param to the last day
  /// @param after the name to go on behind; null for the beginning
  List<Used> used(
      TenantId tenant,
      String dimension,
      LocalDate from,
      LocalDate to,
      @Nullable String after,
      int limit);
}
