package dev.mandate.platform.jose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.JWK;
import dev.mandate.platform.crypto.CryptoProvider;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.jose.InvalidJwt.Reason;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.TestClock;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JwtVerifierTest {
  private static final String ISSUER = "https://mandate.example";
  private static final String TYPE = "at+jwt";
  private static SigningJwk es256;
  private static SigningJwk rs256;

  private final TestClock clock = new TestClock();
  private final JwtVerifier verifier = new JwtVerifier(clock, Duration.ofSeconds(5));

  @BeforeAll
  static void keys() {
    CryptoProvider.install();
    es256 = SigningJwk.generate(SignatureAlgorithm.ES256);
    rs256 = SigningJwk.generate(SignatureAlgorithm.RS256);
  }

  private ObjectNode claims() {
    return Json.object()
        .put("iss", ISSUER)
        .put("sub", "user_1")
        .put("exp", clock.instant().getEpochSecond() + 60);
  }

  private void verify(String token) {
    verifier.verify(
        token,
        TYPE,
        ISSUER,
        kid ->
            kid.equals(es256.kid())
                ? es256.verifying()
                : kid.equals(rs256.kid()) ? rs256.verifying() : null);
  }

  private void refuses(String token, Reason reason) {
    assertThatThrownBy(() -> verify(token))
        .isInstanceOfSatisfying(InvalidJwt.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static String encoded(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @EnumSource
  void acceptsWhatItsKeySigned(SignatureAlgorithm algorithm) {
    SigningJwk key = algorithm == SignatureAlgorithm.ES256 ? es256 : rs256;
    verify(key.sign(TYPE, claims()).reveal());
  }

  @ParameterizedTest
  @EnumSource
  void aKeyThatWasSerializedSignsAsBefore(SignatureAlgorithm algorithm) {
    SigningJwk key = algorithm == SignatureAlgorithm.ES256 ? es256 : rs256;
    SigningJwk again = SigningJwk.parse(key.serialize());
    assertThat(again.kid()).isEqualTo(key.kid());
    assertThat(again.algorithm()).isEqualTo(algorithm);
    verify(again.sign(TYPE, claims()).reveal());
  }

  @Test
  void thePublicJwkHasNoPrivateMember() {
    for (SigningJwk key : List.of(es256, rs256)) {
      assertThat(key.verifying().publicJwk().has("kty")).isTrue();
      for (String member : List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k")) {
        assertThat(key.verifying().publicJwk().has(member)).as(member).isFalse();
      }
      assertThat(key.toString()).doesNotContain("\"d\"");
    }
  }

  @Test
  void refusesATokenWithoutSignature() {
    String header = "{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"" + es256.kid() + "\"}";
    refuses(encoded(header) + "." + encoded(claims().toString()) + ".", Reason.MALFORMED);
    refuses(encoded(header) + "." + encoded(claims().toString()) + ".AA", Reason.WRONG_ALGORITHM);
    String stripped = es256.sign(TYPE, claims()).reveal();
    refuses(stripped.substring(0, stripped.lastIndexOf('.') + 1), Reason.MALFORMED);
  }

  /// The attack: an HMAC under bytes that everybody can fetch from the JWK set.
  @Test
  void refusesAnHmacUnderThePublicKey() throws JOSEException, ParseException {
    for (SigningJwk key : List.of(es256, rs256)) {
      JWK jwk = JWK.parse(key.verifying().publicJwk().toString());
      byte[] encodedKey =
          (key == es256 ? jwk.toECKey().toPublicKey() : jwk.toRSAKey().toPublicKey()).getEncoded();
      JWSObject forged =
          new JWSObject(
              new JWSHeader.Builder(JWSAlgorithm.HS256)
                  .type(new com.nimbusds.jose.JOSEObjectType(TYPE))
                  .keyID(key.kid())
                  .build(),
              new Payload(claims().toString()));
      forged.sign(new MACSigner(encodedKey));
      refuses(forged.serialize(), Reason.WRONG_ALGORITHM);
    }
  }

  @Test
  void refusesTheAlgorithmOfAnotherKey() {
    String token = rs256.sign(TYPE, claims()).reveal();
    String header = "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"" + es256.kid() + "\"}";
    refuses(encoded(header) + token.substring(token.indexOf('.')), Reason.WRONG_ALGORITHM);
  }

  @Test
  void refusesAnotherType() {
    refuses(es256.sign("JWT", claims()).reveal(), Reason.WRONG_TYPE);
    refuses(es256.sign("logout+jwt", claims()).reveal(), Reason.WRONG_TYPE);
  }

  @Test
  void acceptsTheTypeWithItsMediaTypePrefix() {
    verify(es256.sign("application/AT+JWT", claims()).reveal());
  }

  @Test
  void refusesAChangedPayloadAndAChangedSignature() {
    String token = es256.sign(TYPE, claims()).reveal();
    String[] parts = token.split("\\.", -1);
    String other = encoded(claims().put("sub", "user_2").toString());
    refuses(parts[0] + "." + other + "." + parts[2], Reason.BAD_SIGNATURE);
    char flipped = parts[2].charAt(10) == 'A' ? 'B' : 'A';
    refuses(
        parts[0]
            + "."
            + parts[1]
            + "."
            + parts[2].substring(0, 10)
            + flipped
            + parts[2].substring(11),
        Reason.BAD_SIGNATURE);
    // CVE-2022-21449: r = s = 0.
    refuses(parts[0] + "." + parts[1] + "." + encoded("\0".repeat(64)), Reason.BAD_SIGNATURE);
  }

  @Test
  void refusesAKeyThatTheTenantDoesNotHave() {
    SigningJwk strange = SigningJwk.generate(SignatureAlgorithm.ES256);
    refuses(strange.sign(TYPE, claims()).reveal(), Reason.UNKNOWN_KEY);
  }

  @Test
  void refusesAKeyInTheHeader() {
    SigningJwk strange = SigningJwk.generate(SignatureAlgorithm.ES256);
    String header =
        Json.object()
            .put("alg", "ES256")
            .put("typ", TYPE)
            .<ObjectNode>set("jwk", strange.verifying().publicJwk())
            .toString();
    String token = strange.sign(TYPE, claims()).reveal();
    refuses(encoded(header) + token.substring(token.indexOf('.')), Reason.UNKNOWN_KEY);
  }

  @Test
  void refusesCriticalExtensions() {
    String header =
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[\"x\"],\"x\":1,\"kid\":\""
            + es256.kid()
            + "\"}";
    refuses(encoded(header) + "." + encoded(claims().toString()) + ".AA", Reason.MALFORMED);
  }

  @Test
  void comparesTheIssuerByteByByte() {
    for (String issuer :
        List.of(ISSUER + "/", "https://MANDATE.example", "https://mandate.example.evil", "")) {
      refuses(es256.sign(TYPE, claims().put("iss", issuer)).reveal(), Reason.WRONG_ISSUER);
    }
    ObjectNode without = claims();
    without.remove("iss");
    refuses(es256.sign(TYPE, without).reveal(), Reason.WRONG_ISSUER);
  }

  @Test
  void refusesAnExpiredTokenAfterTheSkewAndNotBefore() {
    String token = es256.sign(TYPE, claims()).reveal();
    clock.advance(Duration.ofSeconds(64));
    verify(token);
    clock.advance(Duration.ofSeconds(1));
    refuses(token, Reason.EXPIRED);
  }

  @Test
  void refusesATokenWithoutAUsableExpiry() {
    ObjectNode without = claims();
    without.remove("exp");
    refuses(es256.sign(TYPE, without).reveal(), Reason.MALFORMED);
    refuses(es256.sign(TYPE, claims().put("exp", "9999999999")).reveal(), Reason.MALFORMED);
    refuses(es256.sign(TYPE, claims().put("exp", 1e300)).reveal(), Reason.MALFORMED);
  }

  @Test
  void refusesATokenBeforeItsTime() {
    long now = clock.instant().getEpochSecond();
    verify(es256.sign(TYPE, claims().put("nbf", now + 5)).reveal());
    refuses(es256.sign(TYPE, claims().put("nbf", now + 6)).reveal(), Reason.NOT_YET_VALID);
  }

  @Test
  void refusesWhatIsTooLongBeforeReadingIt() {
    refuses("a".repeat(JwtVerifier.CHARACTERS_MAX + 1), Reason.TOO_LARGE);
  }

  @Test
  void refusesWhatIsNoJwt() {
    for (String text :
        List.of("", ".", "..", "a.b", "a.b.c.d", "a.b.c", "é.é.é", "e30.e30.e30=", "W10.e30.AA")) {
      assertThatThrownBy(() -> verify(text)).as(text).isInstanceOf(InvalidJwt.class);
    }
  }

  @Test
  void refusesDoubledMembers() {
    String header =
        "{\"alg\":\"ES256\",\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"" + es256.kid() + "\"}";
    refuses(encoded(header) + "." + encoded("{}") + ".AA", Reason.MALFORMED);
  }

  @Test
  void oneKeySignsAndVerifiesOnManyThreads() throws Exception {
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 200; i++) {
        runs.add(threads.submit(() -> verify(es256.sign(TYPE, claims()).reveal())));
      }
    }
    for (Future<?> run : runs) {
      run.get();
    }
  }

  @Test
  void theKidIsTheThumbprint() throws ParseException, JOSEException {
    JWK jwk = JWK.parse(es256.verifying().publicJwk().toString());
    assertThat(es256.kid()).isEqualTo(jwk.computeThumbprint().toString());
    assertThat(new TokenHash(es256.kid()).value()).isEqualTo(es256.kid());
  }
}
