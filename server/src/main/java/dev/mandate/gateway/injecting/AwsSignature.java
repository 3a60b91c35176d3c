package dev.mandate.gateway.injecting;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Signs requests to Amazon's services (Signature Version 4, "Create a signed AWS API request").
/// What is signed is what goes out: the path with its escapes, the host and the body.
public final class AwsSignature {
  private static final Charset UTF_8 = StandardCharsets.UTF_8;
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String BEDROCK = "bedrock";
  private static final String FALLBACK_REGION = "us-east-1";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final int DAY = 8;
  private static final Pattern REGIONAL =
      Pattern.compile("bedrock-runtime(?:-fips)?\\.([a-z0-9-]{1,40})\\.amazonaws\\.com(?:\\.cn)?");

  private AwsSignature() {}

  /// A request as it will go out.
  ///
  /// @param path with its escapes, without a query
  /// @param query its parameters in order, escaped; empty for none
  /// @param host with a port where it isn't the scheme's
  public record Request(String method, String path, String query, String host, Buffer body) {}

  /// Puts on the request what the key wants there.
  public static void authorize(Secret entered, Request request, Instant now, MultiMap out) {
    switch (AwsKey.of(entered)) {
      case AwsKey.Bearer(Secret token) -> out.set("authorization", "Bearer " + token.reveal());
      case AwsKey.Access key -> {
        Matcher regional = REGIONAL.matcher(request.host());
        String region =
            key.region() != null
                ? key.region()
                : regional.matches() ? regional.group(1) : FALLBACK_REGION;
        sign(key, request, region, BEDROCK, now, out);
      }
    }
  }

  static void sign(
      AwsKey.Access key,
      Request request,
      String region,
      String service,
      Instant now,
      MultiMap out) {
    String time = TIME.format(now);
    SortedMap<String, String> signed = new TreeMap<>();
    signed.put("host", request.host());
    signed.put("x-amz-date", time);
    out.set("x-amz-date", time);
    if (key.sessionToken() != null) {
      signed.put("x-amz-security-token", key.sessionToken().reveal());
      out.set("x-amz-security-token", key.sessionToken().reveal());
    }
    String names = String.join(";", signed.keySet());
    String day = time.substring(0, DAY);
    String scope = day + "/" + region + "/" + service + "/aws4_request";
    String toSign =
        ALGORITHM + "\n" + time + "\n" + scope + "\n" + hash(canonical(request, signed, names));
    byte[] signature = hmac(signingKey(key.secret(), day, region, service), toSign.getBytes(UTF_8));
    out.set(
        "authorization",
        ALGORITHM
            + " Credential="
            + key.id()
            + "/"
            + scope
            + ", SignedHeaders="
            + names
            + ", Signature="
            + HexFormat.of().formatHex(signature));
  }

  private static byte[] canonical(Request request, Map<String, String> signed, String names) {
    String fields =
        signed.entrySet().stream()
            .map(field -> field.getKey() + ":" + field.getValue().strip() + "\n")
            .collect(Collectors.joining());
    return String.join(
            "\n",
            request.method(),
            escaped(request.path()),
            ordered(request.query()),
            fields,
            names,
            hash(request.body().getBytes()))
        .getBytes(UTF_8);
  }

  /// Every service but S3 wants the path of the wire escaped once more.
  private static String escaped(String path) {
    StringBuilder escaped = new StringBuilder(path.length() + 16);
    for (byte b : path.getBytes(UTF_8)) {
      char c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "-._~/".indexOf(c) >= 0) {
        escaped.append(c);
      } else {
        escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return escaped.toString();
  }

  private static String ordered(String query) {
    return query.isEmpty()
        ? ""
        : Arrays.stream(query.split("&", -1))
            .map(pair -> pair.contains("=") ? pair : pair + "=")
            .sorted()
            .collect(Collectors.joining("&"));
  }

  private static byte[] signingKey(Secret secret, String day, String region, String service) {
    byte[] key = ("AWS4" + secret.reveal()).getBytes(UTF_8);
    for (String part : new String[] {day, region, service, "aws4_request"}) {
      key = hmac(key, part.getBytes(UTF_8));
    }
    return key;
  }

  private static String hash(byte[] bytes) {
    return HexFormat.of().formatHex(TokenHash.sha256(bytes));
  }

  private static byte[] hmac(byte[] key, byte[] data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no HMAC-SHA-256", e);
    }
  }

  /// The host as it stands in the request.
  ///
  /// @param port 0 or less for the scheme's own
  public static String host(String name, int port, boolean tls) {
    boolean usual = port <= 0 || port == (tls ? 443 : 80);
    return usual ? name : name + ":" + port;
  }
}
