package dev.mandate.app;

import dev.mandate.platform.mail.MailConfig;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads what the configuration says about mail.
final class MailSettings {
  private MailSettings() {}

  /// Null when there is no host: this server sends none.
  ///
  /// @throws StartRefused when something is missing or unsafe
  static @Nullable MailConfig of(ServerConfig.Mail mail, Map<String, String> environment) {
    String host = mail.host().orElse(null);
    if (host == null) {
      return null;
    }
    String from =
        mail.from()
            .orElseThrow(
                () -> new StartRefused("mail.from is missing, expected the sender's address"));
    MailConfig.Security security = security(mail.security());
    if (mail.user().isPresent() != mail.passwordFile().isPresent()) {
      throw new StartRefused("mail has one of user and password-file, expected both or neither");
    }
    if (mail.user().isPresent() && security == MailConfig.Security.NONE) {
      throw new StartRefused(
          "mail.security is none and there is a password, expected starttls or tls");
    }
    return new MailConfig(
        host,
        mail.port(),
        security,
        mail.user().orElse(null),
        mail.passwordFile().map(source -> source.read(environment)).orElse(null),
        ConfiguredSeed.mailAddress(from, "mail.from"),
        MailConfig.TIMEOUT);
  }

  private static MailConfig.Security security(String name) {
    for (MailConfig.Security security : MailConfig.Security.values()) {
      if (security.name().toLowerCase(Locale.ROOT).equals(name)) {
        return security;
      }
    }
    throw new StartRefused("mail.security is " + name + ", expected starttls, tls or none");
  }
}
