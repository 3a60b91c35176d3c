package dev.mandate.domain.notice;

import dev.mandate.platform.mail.MailAddress;
import dev.mandate.platform.mail.Mailer;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Function;

/// Mails notices, a person at a time: nobody learns who else was told.
public final class MailSender implements Sender {
  private final Mailer mailer;
  private final Function<Notice, String> link;

  /// @param link where a person reads the notice
  public MailSender(Mailer mailer, Function<Notice, String> link) {
    this.mailer = mailer;
    this.link = link;
  }

  @Override
  public Attempt send(Notice notice, String target, Instant now) {
    MailAddress to = MailAddress.parse(target);
    if (to == null) {
      return new Attempt.NotTaken("it is no mail address", true);
    }
    String subject = "Mandate: " + notice.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    String text =
        notice.text() + "\n\nAbout: " + notice.subject() + "\n" + link.apply(notice) + "\n";
    try {
      mailer.send(notice.id(), to, subject, text, now);
      return new Attempt.Taken();
    } catch (Mailer.NotTaken e) {
      return new Attempt.NotTaken(String.valueOf(e.getMessage()), e.isFinal());
    }
  }
}
