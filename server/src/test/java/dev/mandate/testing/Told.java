package dev.mandate.testing;

import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// Keeps what people were told, each thing once.
public final class Told implements Notices {
  private final List<Notice> all = new CopyOnWriteArrayList<>();

  @Override
  public void tell(
      TenantId tenant,
      Notice.Kind kind,
      String once,
      String subject,
      @Nullable UserId person,
      String text) {
    String whole = kind.wire() + "/" + once;
    boolean known =
        all.stream().anyMatch(one -> one.once().equals(whole) && one.tenant().equals(tenant));
    if (!known) {
      all.add(
          new Notice(
              tenant, "ntc_" + all.size(), whole, kind, subject, person, text, TestClock.START));
    }
  }

  public List<Notice> all() {
    return List.copyOf(all);
  }
}
