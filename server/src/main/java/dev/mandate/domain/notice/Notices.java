package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import org.jspecify.annotations.Nullable;

/// Takes notices from whoever finds something; keeping and sending them is what stands behind it.
public interface Notices {
  /// Tells once what is the same. Returns when it is stored, and never waits for a delivery.
  ///
  /// @param once what makes two notices the same one, in words of the kind's own, such as the id of
  ///   a key and the days that are left
  /// @param subject the id of what it is about
  /// @param person whom it concerns beside the administrators
  /// @param text a sentence for people, without secrets
  void tell(
      TenantId tenant,
      Notice.Kind kind,
      String once,
      String subject,
      @Nullable UserId person,
      String text);
}
