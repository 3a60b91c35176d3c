package dev.mandate.platform.mail;

import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.Properties;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.jspecify.annotations.Nullable;

/// Hands messages to the mail server, one at a time. Blocks; for virtual threads.
public final class Mailer {
  private static final int SUBJECT_CHARACTERS_MAX = 200;

  private final MailConfig config;
  private final Session session;

  public Mailer(MailConfig config) {
    this.config = config;
    this.session = Session.getInstance(properties(config));
  }

  /// A message that was not taken.
  public static final class NotTaken extends Exception {
    private final boolean isFinal;

    NotTaken(String message, boolean isFinal, Throwable cause) {
      super(message, cause);
      this.isFinal = isFinal;
    }

    /// Whether trying again is of no use: the server knows no such mailbox.
    public boolean isFinal() {
      return isFinal;
    }
  }

  private static Properties properties(MailConfig config) {
    String timeout = Long.toString(config.timeout().toMillis());
    Properties properties = new Properties();
    properties.put("mail.smtp.host", config.host());
    properties.put("mail.smtp.port", Integer.toString(config.port()));
    properties.put("mail.smtp.connectiontimeout", timeout);
    properties.put("mail.smtp.timeout", timeout);
    properties.put("mail.smtp.writetimeout", timeout);
    properties.put("mail.smtp.from", config.from().value());
    properties.put("mail.smtp.auth", Boolean.toString(config.user() != null));
    boolean starttls = config.security() == MailConfig.Security.STARTTLS;
    properties.put("mail.smtp.starttls.enable", Boolean.toString(starttls));
    properties.put("mail.smtp.starttls.required", Boolean.toString(starttls));
    properties.put(
        "mail.smtp.ssl.enable", Boolean.toString(config.security() == MailConfig.Security.TLS));
    // Without it any certificate of anybody would do.
    properties.put("mail.smtp.ssl.checkserveridentity", "true");
    return properties;
  }

  /// @param id names the message; the same when it is sent again, so that a reader can tell
  /// @param text plain; whatever is in it stays in the body
  /// @throws NotTaken with words fit for a tenant's administrators
  public void send(String id, MailAddress to, String subject, String text, Instant now)
      throws NotTaken {
    try {
      MimeMessage message = new Named(session, "<" + id + "@" + config.from().domain() + ">");
      message.setFrom(new InternetAddress(config.from().value(), true));
      message.setRecipient(Message.RecipientType.TO, new InternetAddress(to.value(), true));
      message.setSubject(line(subject), StandardCharsets.UTF_8.name());
      message.setSentDate(Date.from(now));
      // RFC 3834 §5: nobody's out-of-office answers this.
      message.setHeader("Auto-Submitted", "auto-generated");
      message.setText(text, StandardCharsets.UTF_8.name());
      message.saveChanges();
      hand(message);
    } catch (MessagingException e) {
      throw notTaken(e);
    }
  }

  private void hand(MimeMessage message) throws MessagingException {
    try (Transport transport = session.getTransport("smtp")) {
      transport.connect(
          config.host(),
          config.port(),
          config.user(),
          config.password() == null ? null : config.password().reveal());
      transport.sendMessage(message, message.getAllRecipients());
    }
  }

  /// One line without control characters, whatever it was: a line break would begin another field
  /// (RFC 5322 §2.2).
  static String line(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]+", " ").strip();
    return line.length() <= SUBJECT_CHARACTERS_MAX
        ? line
        : line.substring(0, SUBJECT_CHARACTERS_MAX - 1) + "…";
  }

  /// Says no more than what kind of failure it was: the server's own words can hold anything.
  private static NotTaken notTaken(MessagingException e) {
    for (@Nullable Throwable cause = e; cause != null; cause = next(cause)) {
      if (cause instanceof SMTPAddressFailedException address) {
        int code = address.getReturnCode();
        // RFC 5321 §4.2.1: 5yz is permanent.
        return new NotTaken("the mail server refused the address with " + code, code >= 500, e);
      }
    }
    return new NotTaken(
        e instanceof SendFailedException
            ? "the mail server refused the message"
            : "the mail server could not be used: " + e.getClass().getSimpleName(),
        false,
        e);
  }

  private static @Nullable Throwable next(Throwable cause) {
    return cause instanceof MessagingException messaging && messaging.getNextException() != null
        ? messaging.getNextException()
        : cause.getCause();
  }

  /// Keeps its id; the library would make one up.
  private static final class Named extends MimeMessage {
    private final String id;

    Named(Session session, String id) {
      super(session);
      this.id = id;
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", id);
    }
  }
}
