package dev.mandate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.mandate.platform.crypto.TokenHash;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Verifies Signature Version 4 from the receiver's side, for keys that are entered as AWS's tools
/// print them.
final class BedrockKeys {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([a-z0-9-]+)/bedrock/aws4_request,"
              + " SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})");

  private BedrockKeys() {}

  /// @param account a bearer key, or an access key in JSON
  static boolean admits(String account, Exchange exchange) {
    if (!account.startsWith("{")) {
      return account.equals(exchange.bearer());
    }
    String header = exchange.request().getHeader("authorization");
    Matcher parts = AUTHORIZATION.matcher(header == null ? "" : header);
    try {
      JsonNode key = JSON.readTree(account);
      return parts.matches()
          && parts.group(1).equals(key.path("AccessKeyId").asText())
          && key.path("SessionToken")
              .asText()
              .equals(orEmpty(exchange.request().getHeader("x-amz-security-token")))
          && signature(key.path("SecretAccessKey").asText(), parts, exchange)
              .equals(parts.group(5));
    } catch (JsonProcessingException notAKey) {
      return false;
    }
  }

  private static String orEmpty(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static String signature(String secret, Matcher parts, Exchange exchange) {
    HttpServerRequest request = exchange.request();
    StringBuilder canonical = new StringBuilder(request.method().name()).append('\n');
    for (String segment : Exchange.path(request).substring(1).split("/", -1)) {
      canonical
          .append('/')
          .append(URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    canonical.append("\n\n");
    for (String name : parts.group(4).split(";", -1)) {
      canonical.append(name).append(':').append(request.getHeader(name)).append('\n');
    }
    canonical
        .append('\n')
        .append(parts.group(4))
        .append('\n')
        .append(hex(TokenHash.sha256(exchange.rawBytes())));
    String scope = parts.group(2) + "/" + parts.group(3) + "/bedrock/aws4_request";
    String toSign =
        "AWS4-HMAC-SHA256\n"
            + request.getHeader("x-amz-date")
            + "\n"
            + scope
            + "\n"
            + hex(TokenHash.sha256(bytes(canonical.toString())));
    byte[] key = mac(bytes("AWS4" + secret), parts.group(2));
    for (String step : new String[] {parts.group(3), "bedrock", "aws4_request"}) {
      key = mac(key, step);
    }
    return hex(mac(key, toSign));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] mac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(bytes(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no HMAC-SHA-256", e);
    }
  }
}
