package dev.mandate.gateway.injecting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.platform.crypto.Secret;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// AWS's published test suite (aws-c-auth, `aws-signing-test-suite/v4`), as far as its requests are
/// of the kind that goes out here.
class AwsSignatureTest {
  private static final Instant TIME = Instant.parse("2015-08-30T12:36:00Z");
  private static final Secret SECRET = Secret.of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

  private static MultiMap signed(
      @Nullable String session, String method, String path, String query) {
    MultiMap out = MultiMap.caseInsensitiveMultiMap();
    AwsSignature.sign(
        new AwsKey.Access("AKIDEXAMPLE", SECRET, session == null ? null : Secret.of(session), null),
        new AwsSignature.Request(method, path, query, "example.amazonaws.com", Buffer.buffer()),
        "us-east-1",
        "service",
        TIME,
        out);
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, '', 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    "GET, /, Param2=value2&Param1=value1,"
        + " b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    "GET, /ሴ, '', 8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    "GET, /example space/, '', 652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    "POST, /, '', 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
  })
  void signaturesAreThoseOfTheTestSuite(
      String method, String path, String query, String signature) {
    MultiMap out = signed(null, method, path, query);
    assertThat(out.get("authorization"))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
                + " SignedHeaders=host;x-amz-date, Signature="
                + signature);
    assertThat(out.get("x-amz-date")).isEqualTo("20150830T123600Z");
  }

  @Test
  void aSessionTokenIsSentAndSigned() {
    String token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    MultiMap out = signed(token, "GET", "/", "");
    assertThat(out.get("x-amz-security-token")).isEqualTo(token);
    assertThat(out.get("authorization"))
        .contains("SignedHeaders=host;x-amz-date;x-amz-security-token")
        .endsWith("07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
  }

  @ParameterizedTest
  @CsvSource({
    "bedrock-runtime.eu-central-1.amazonaws.com, , eu-central-1",
    "bedrock-runtime-fips.us-gov-west-1.amazonaws.com, , us-gov-west-1",
    "bedrock.internal.example, ap-south-1, ap-south-1",
    "bedrock.internal.example, , us-east-1"
  })
  void theRegionIsTheHostsUnlessTheKeyNamesOne(
      String host, @Nullable String region, String expected) {
    String key =
        "{\"AccessKeyId\":\"AKIDEXAMPLE\",\"SecretAccessKey\":\"s\""
            + (region == null ? "}" : ",\"Region\":\"" + region + "\"}");
    MultiMap out = MultiMap.caseInsensitiveMultiMap();
    AwsSignature.authorize(
        Secret.of(key),
        new AwsSignature.Request("POST", "/", "", host, Buffer.buffer("x")),
        TIME,
        out);
    assertThat(out.get("authorization")).contains("/" + expected + "/bedrock/aws4_request");
  }

  @Test
  void whatIsNoAccessKeyGoesOutAsABearerToken() {
    MultiMap out = MultiMap.caseInsensitiveMultiMap();
    AwsSignature.authorize(
        Secret.of("ABSKexample"),
        new AwsSignature.Request("POST", "/", "", "h", Buffer.buffer()),
        TIME,
        out);
    assertThat(out.get("authorization")).isEqualTo("Bearer ABSKexample");
    assertThat(out.contains("x-amz-date")).isFalse();
  }
}
