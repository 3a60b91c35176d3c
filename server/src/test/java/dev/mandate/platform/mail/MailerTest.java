package dev.mandate.platform.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.mandate.platform.crypto.Secret;
import jakarta.mail.internet.MimeMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against a real SMTP server.
class MailerTest {
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final MailAddress OPS = new MailAddress("ops@acme.example");

  private final GreenMail server =
      new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  private Mailer mailer(MailConfig.Security security, @Nullable String user, String password) {
    return new Mailer(
        new MailConfig(
            "127.0.0.1",
            server.getSmtp().getPort(),
            security,
            user,
            user == null ? null : Secret.of(password),
            new MailAddress("mandate@acme.example"),
            Duration.ofMinutes(1)));
  }

  @Test
  void aMessageArrivesWholeAndUnderItsOwnId() throws Exception {
    mailer(MailConfig.Security.NONE, null, "").send("ntc_1", OPS, "Größe", "a\n.\n<b>ünï</b>", NOW);
    MimeMessage message = server.getReceivedMessages()[0];
    assertThat(message.getMessageID()).isEqualTo("<ntc_1@acme.example>");
    assertThat(message.getSubject()).isEqualTo("Größe");
    assertThat(message.getContentType()).startsWith("text/plain");
    assertThat(message.getContent().toString().strip().replace("\r", ""))
        .isEqualTo("a\n.\n<b>ünï</b>");
    assertThat(message.getHeader("Auto-Submitted")).containsExactly("auto-generated");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\r\nBcc: victim@example.org",
        "x\nBcc: victim@example.org",
        "x\r\n\r\nbody",
        "x\u2028Bcc: victim@example.org",
        "x\u0085Bcc: victim@example.org"
      })
  void aSubjectBeginsNoOtherField(String subject) throws Exception {
    mailer(MailConfig.Security.NONE, null, "").send("ntc_1", OPS, subject, "text", NOW);
    MimeMessage message = server.getReceivedMessages()[0];
    assertThat(Collections.list(message.getAllHeaders()))
        .extracting(header -> header.getName())
        .containsExactlyInAnyOrder(
            "Return-Path",
            "Received",
            "Date",
            "From",
            "To",
            "Message-ID",
            "Subject",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding",
            "Auto-Submitted");
    assertThat(message.getContent().toString().strip()).isEqualTo("text");
    assertThat(server.getReceivedMessages()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a@b\r\nRCPT TO:<victim@example.org>",
        "a@b>\n",
        "a@b,c@d",
        "\"a b\"@c",
        "a b@c",
        "@c",
        "a@",
        "a@-c",
        "Ops <a@b.c>",
        "ü@b.c",
        "a@b.c\u0000"
      })
  void anAddressThatCouldBeMoreThanOneIsNone(String text) {
    assertThat(MailAddress.parse(text)).isNull();
    assertThatThrownBy(() -> new MailAddress(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void withoutStarttlsTheServerGetsNothing() {
    assertThatThrownBy(
            () ->
                mailer(MailConfig.Security.STARTTLS, "user", "canary-password")
                    .send("ntc_1", OPS, "s", "t", NOW))
        .isInstanceOf(Mailer.NotTaken.class)
        .hasMessageNotContaining("canary");
    assertThat(server.getReceivedMessages()).isEmpty();
  }

  @Test
  void aWrongPasswordIsToldWithoutIt() {
    server.setUser("ops@acme.example", "user", "right");
    server.getUserManager().setAuthRequired(true);
    assertThatThrownBy(
            () ->
                mailer(MailConfig.Security.NONE, "user", "canary-password")
                    .send("ntc_1", OPS, "s", "t", NOW))
        .isInstanceOf(Mailer.NotTaken.class)
        .satisfies(e -> assertThat(Objects.requireNonNull(e.getMessage())).doesNotContain("canary"))
        .matches(e -> !((Mailer.NotTaken) e).isFinal());
  }
}
