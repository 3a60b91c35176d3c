package dev.mandate.console;

import dev.mandate.domain.credential.WhoPays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A mandate as its page and the list show it.
///
/// @param status one word
/// @param tone which colour the status has: `good`, `off` or `bad`
/// @param reason why nothing holds although it is neither revoked nor expired; null when it does
/// @param path of its own page
/// @param until when it ends or ended
/// @param left until then; null when it has ended
/// @param revoke proof for the form that revokes it; null when there is nothing to revoke
public record MandateCard(
    String id,
    String app,
    String status,
    String tone,
    @Nullable String reason,
    String path,
    @Nullable String revoke,
    String given,
    String until,
    @Nullable String left,
    String lastUsed,
    String spent,
    String requests,
    String tokens,
    List<AccessView> access) {

  /// @param upstream for people
  /// @param payer whose key pays
  /// @param meters what is spent of each limit
  public record AccessView(
      String upstream,
      WhoPays.Payer payer,
      List<String> models,
      List<String> capabilities,
      List<MeterView> meters,
      @Nullable String perRequest,
      @Nullable String until) {}

  /// @param value at most `max`; both fit a `<progress>`
  /// @param tone which colour the bar has: `low`, `high` or `full`
  public record MeterView(String label, String words, long value, long max, String tone) {}
}
