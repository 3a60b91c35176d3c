package dev.mandate.testing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEObjectType;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A client that makes proofs of possession (RFC 9449 §4.2), by a library that others use too.
public record Dpop(ClientKey key, InstantSource clock) {
  private static final AtomicInteger IDS = new AtomicInteger();

  /// What a proof says.
  public ObjectNode claims(String method, String url, String nonce, @Nullable String token) {
    ObjectNode claims =
        Json.object()
            .put("jti", "proof-" + IDS.incrementAndGet())
            .put("htm", method)
            .put("htu", url)
            .put("iat", clock.instant().getEpochSecond())
            .put("nonce", nonce);
    if (token != null) {
      claims.put("ath", hash(token));
    }
    return claims;
  }

  public static String hash(String token) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(TokenHash.sha256(token.getBytes(StandardCharsets.US_ASCII)));
  }

  public String proof(String method, String url, String nonce, @Nullable String token) {
    return proof(method, url, nonce, token, _ -> {});
  }

  public String proof(
      String method,
      String url,
      String nonce,
      @Nullable String token,
      Consumer<ObjectNode> change) {
    ObjectNode claims = claims(method, url, nonce, token);
    change.accept(claims);
    return key.sign(
        header -> header.type(new JOSEObjectType("dpop+jwt")).jwk(key.jwk().toPublicJWK()), claims);
  }
}
