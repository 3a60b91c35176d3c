package dev.mandate.platform.mail;

import dev.mandate.platform.crypto.Secret;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The server that takes our mail.
///
/// @param user null for one that asks for none
/// @param password null for one that asks for none
/// @param timeout of each step with it
public record MailConfig(
    String host,
    int port,
    Security security,
    @Nullable String user,
    @Nullable Secret password,
    MailAddress from,
    Duration timeout) {
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  /// How the connection is kept from others.
  public enum Security {
    /// Not at all: a relay on this machine.
    NONE,
    /// RFC 3207; a server that doesn't offer it gets nothing.
    STARTTLS,
    /// From the first byte (RFC 8314).
    TLS
  }
}
