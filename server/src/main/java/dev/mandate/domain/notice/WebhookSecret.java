package dev.mandate.domain.notice;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Signs messages as Standard Webhooks says, with the symmetric scheme `v1`.
public final class WebhookSecret {
  /// Of a secret in text.
  public static final String PREFIX = "whsec_";

  /// The standard: 24 to 64 bytes.
  private static final int BYTES = 32;

  private static final String HMAC = "HmacSHA256";

  private WebhookSecret() {}

  public static Secret generate(TokenSource random) {
    return Secret.of(PREFIX + Base64.getEncoder().encodeToString(random.bytes(BYTES)));
  }

  /// The value of `webhook-signature`: one signature for each secret, so that a receiver that knows
  /// any of them is content.
  public static String signatures(List<Secret> secrets, String id, Instant at, byte[] body) {
    return secrets.stream()
        .map(secret -> "v1," + signature(secret, id, at, body))
        .collect(Collectors.joining(" "));
  }

  private static String signature(Secret secret, String id, Instant at, byte[] body) {
    byte[] key = Base64.getDecoder().decode(secret.reveal().substring(PREFIX.length()));
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(key, HMAC));
      mac.update((id + "." + at.getEpochSecond() + ".").getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no " + HMAC, e);
    }
  }
}
