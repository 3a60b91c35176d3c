package dev.mandate.oauth.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcesTest {
  private static void refused(List<String> values) {
    assertThatThrownBy(() -> Resources.parse(values))
        .as(values.toString())
        .isInstanceOfSatisfying(
            OAuthException.class, e -> assertThat(e.error()).isEqualTo(OAuthError.INVALID_TARGET));
  }

  @Test
  void readsRepeatedResourcesInOrderAndOnce() {
    assertThat(Resources.parse(List.of("https://b.example/x", "", "https://a.example")))
        .containsExactly("https://b.example/x", "https://a.example");
    assertThat(Resources.parse(List.of("urn:x", "urn:x"))).containsExactly("urn:x");
    assertThat(Resources.parse(List.of())).isEmpty();
  }

  @Test
  void refusesRelativeUrisAndFragments() {
    refused(List.of("/openai/v1"));
    refused(List.of("openai"));
    refused(List.of("https://a.example/#"));
    refused(List.of("https://a.example/#part"));
    refused(List.of("https://a.example/ x"));
  }

  @Test
  void boundsNumberAndLength() {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < Resources.RESOURCES_MAX; i++) {
      many.add("https://a.example/" + i);
    }
    assertThat(Resources.parse(many)).hasSize(Resources.RESOURCES_MAX);
    many.add("https://a.example/more");
    refused(many);
    refused(List.of("https://a.example/" + "a".repeat(Resources.CHARACTERS_MAX)));
  }
}
