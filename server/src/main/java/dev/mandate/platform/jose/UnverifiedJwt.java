package dev.mandate.platform.jose;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.jose.InvalidJwt.Reason;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// A signed JWT in compact form (RFC 7515 §3.1), taken apart and not believed: its header says
/// which key to look for, its claims are for whoever must know whose key that is, and only
/// [#verify] makes them true.
public final class UnverifiedJwt {
  private static final int KID_CHARACTERS_MAX = 200;
  private static final Base64.Decoder BASE64URL = Base64.getUrlDecoder();

  private final String token;
  private final int first;
  private final int second;
  private final JsonNode header;

  private UnverifiedJwt(String token, int first, int second) {
    this.token = token;
    this.first = first;
    this.second = second;
    this.header = part(token.substring(0, first));
    // RFC 7515 §4.1.11: whoever does not understand a critical extension must refuse.
    if (header.has("crit")) {
      throw new InvalidJwt(Reason.MALFORMED, "critical extensions");
    }
  }

  /// @throws InvalidJwt for what has not the form of one
  public static UnverifiedJwt parse(String token) {
    if (token.length() > JwtVerifier.CHARACTERS_MAX) {
      throw new InvalidJwt(Reason.TOO_LARGE, token.length() + " characters");
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first <= 0
        || second <= first + 1
        || second == token.length() - 1
        || token.indexOf('.', second + 1) >= 0) {
      throw new InvalidJwt(Reason.MALFORMED, "not three parts");
    }
    return new UnverifiedJwt(token, first, second);
  }

  public JsonNode header() {
    return header;
  }

  /// Null when the header has none, or one that no key can have.
  public @Nullable String kid() {
    String kid = header.path("kid").textValue();
    return kid == null || kid.length() > KID_CHARACTERS_MAX ? null : kid;
  }

  /// RFC 7515 §4.1.9: `application/` may be left out; media types compare without case.
  public boolean isOfType(String expected) {
    String typ = header.path("typ").textValue();
    String prefix = "application/";
    if (typ != null && typ.regionMatches(true, 0, prefix, 0, prefix.length())) {
      typ = typ.substring(prefix.length());
    }
    return expected.equalsIgnoreCase(typ);
  }

  /// What it says, which anybody could have written.
  public JsonNode claimed() {
    return part(token.substring(first + 1, second));
  }

  /// @return the claims, signed by this key
  /// @throws InvalidJwt when it is not
  public JsonNode verify(VerifyingJwk key) {
    algorithm(key);
    return signed(key);
  }

  /// @param typ expected (RFC 8725 §3.11)
  JsonNode verify(VerifyingJwk key, String typ) {
    algorithm(key);
    if (!isOfType(typ)) {
      throw new InvalidJwt(Reason.WRONG_TYPE, "expected " + typ);
    }
    return signed(key);
  }

  private void algorithm(VerifyingJwk key) {
    // RFC 8725 §3.1: the algorithm is the key's; a header that says another was made by someone
    // else.
    if (!key.algorithm().name().equals(header.path("alg").textValue())) {
      throw new InvalidJwt(Reason.WRONG_ALGORITHM, "expected " + key.algorithm());
    }
  }

  private JsonNode signed(VerifyingJwk key) {
    byte[] input = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
    if (!key.verifies(input, token.substring(second + 1))) {
      throw new InvalidJwt(Reason.BAD_SIGNATURE, "with key " + key.kid());
    }
    return claimed();
  }

  private static JsonNode part(String encoded) {
    try {
      JsonNode node = Json.parse(BASE64URL.decode(encoded));
      if (!node.isObject()) {
        throw new InvalidJwt(Reason.MALFORMED, "a part is not an object");
      }
      return node;
    } catch (IllegalArgumentException | Json.MalformedJson _) {
      throw new InvalidJwt(Reason.MALFORMED, "a part is not base64url of JSON");
    }
  }
}
