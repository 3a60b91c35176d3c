package dev.mandate.oauth.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScopesTest {
  private static void refused(String scope) {
    assertThatThrownBy(() -> Scopes.parse(scope))
        .as(scope)
        .isInstanceOfSatisfying(
            OAuthException.class, e -> assertThat(e.error()).isEqualTo(OAuthError.INVALID_SCOPE));
  }

  @Test
  void readsScopesInAnyOrderAndOnce() {
    assertThat(Scopes.parse("profile llm:openai openid profile"))
        .containsExactly("llm:openai", "openid", "profile");
    assertThat(Scopes.parse(null)).isEmpty();
    assertThat(Scopes.parse("")).isEmpty();
  }

  @Test
  void refusesAScopeThatDoesNotExist() {
    List.of("email", "llm:", "llm", "OPENID", "openid email").forEach(ScopesTest::refused);
  }

  @Test
  void refusesWhatIsNoScopeString() {
    List.of(" openid", "openid ", "openid  profile", "openid\tprofile", "llm:\"", "llm:\\", "llm:é")
        .forEach(ScopesTest::refused);
  }

  @Test
  void boundsNumberAndLength() {
    String fifty =
        IntStream.range(0, Scopes.SCOPES_MAX)
            .mapToObj(i -> "llm:" + i)
            .collect(Collectors.joining(" "));
    assertThat(Scopes.parse(fifty)).hasSize(Scopes.SCOPES_MAX);
    refused(fifty + " openid");
    assertThat(Scopes.parse("llm:" + "a".repeat(196))).hasSize(1);
    refused("llm:" + "a".repeat(197));
    refused("a".repeat(Scopes.CHARACTERS_MAX + 1));
  }

  @Test
  void namesTheUpstreamOfAScope() {
    assertThat(Scopes.upstream(Scopes.llm("openai"))).isEqualTo("openai");
    assertThat(Scopes.upstream(Scopes.OPENID)).isNull();
  }
}
