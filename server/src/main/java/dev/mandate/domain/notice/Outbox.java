package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenSource;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// Stores what is told, with what must be sent of it, and wakes who sends.
public final class Outbox implements Notices {
  static final int TEXT_CHARACTERS_MAX = 1_000;
  static final int ID_CHARACTERS_MAX = 300;

  private final NoticeStore store;
  private final TokenSource ids;
  private final InstantSource clock;
  private final boolean mails;
  private volatile Runnable waker = () -> {};

  /// @param mails whether this server sends mail
  public Outbox(NoticeStore store, TokenSource ids, InstantSource clock, boolean mails) {
    this.store = store;
    this.ids = ids;
    this.clock = clock;
    this.mails = mails;
  }

  /// @param waker called when there may be something to send; must be quick
  public void wakes(Runnable waker) {
    this.waker = waker;
  }

  @Override
  public void tell(
      TenantId tenant,
      Notice.Kind kind,
      String once,
      String subject,
      @Nullable UserId person,
      String text) {
    Notice notice =
        new Notice(
            tenant,
            ids.id("ntc"),
            bounded("once", once),
            kind,
            bounded("subject", subject),
            person,
            cleaned(text),
            clock.instant().truncatedTo(ChronoUnit.MILLIS));
    if (store.insertFirst(notice, mails)) {
      waker.run();
    }
  }

  private static String bounded(String what, String value) {
    if (value.isEmpty() || value.length() > ID_CHARACTERS_MAX) {
      throw new IllegalArgumentException(
          "%s has %d characters, expected 1 to %d"
              .formatted(what, value.length(), ID_CHARACTERS_MAX));
    }
    return value;
  }

  /// What names and models of strangers may bring along: it goes to terminals and mails too.
  private static String cleaned(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029\\ud800-\\udfff&&[^\\n]]+", " ");
    return line.length() <= TEXT_CHARACTERS_MAX
        ? line
        : line.substring(0, TEXT_CHARACTERS_MAX - 1) + "…";
  }
}
