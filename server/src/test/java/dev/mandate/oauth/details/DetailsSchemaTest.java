package dev.mandate.oauth.details;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Capability;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `authorization_details` against the published schema (RFC 9396 §2 and §5).
class DetailsSchemaTest {
  private static OAuthServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode published() {
    Answer answer =
        server.send(server.request("/oauth/authorization-details/llm_access.json").GET());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("content-type")).isEqualTo("application/schema+json");
    assertThat(answer.header("access-control-allow-origin")).isEqualTo("*");
    return answer.json();
  }

  @Test
  void theSchemaIsPublishedUnderItsOwnAddress() {
    JsonNode schema = published();
    assertThat(schema.path("$schema").asText())
        .isEqualTo("https://json-schema.org/draft/2020-12/schema");
    assertThat(schema.path("$id").asText())
        .isEqualTo(OAuthServer.ISSUER + "/oauth/authorization-details/llm_access.json");
  }

  @Test
  void itKnowsTheCapabilitiesThatWeKnow() {
    List<String> known = new ArrayList<>();
    published().at("/properties/capabilities/items/enum").forEach(one -> known.add(one.asText()));
    assertThat(known).containsExactlyElementsOf(Capability.wires());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"llm_access\",\"upstream\":\"openai\"} | ''",
        "{\"type\":\"llm_access\"} | authorization_details/0/upstream ",
        "{\"type\":\"other\",\"upstream\":\"openai\"} | authorization_details/0/type ",
        "{\"upstream\":\"openai\"} | authorization_details/0 ",
        "{\"type\":\"llm_access\",\"upstream\":7} | authorization_details/0/upstream ",
        "{\"type\":\"llm_access\",\"upstream\":\"\"} | authorization_details/0/upstream ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"models\":[]} |"
            + " authorization_details/0/models ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"models\":[\"a\",1]} |"
            + " authorization_details/0/models/1 ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"capabilities\":[\"fly\"]} |"
            + " authorization_details/0/capabilities/0 ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"limits\":{\"requests\":\"1\"}} |"
            + " authorization_details/0/limits/requests ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"limits\":{\"requests\":1.5}} |"
            + " authorization_details/0/limits/requests ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"limits\":{\"requests\":1e99}} |"
            + " authorization_details/0/limits/requests ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"limits\":{\"money\":1}} |"
            + " authorization_details/0/limits/money ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"expires_in\":0} |"
            + " authorization_details/0/expires_in ",
        "{\"type\":\"llm_access\",\"upstream\":\"o\",\"Models\":[\"a\"]} |"
            + " authorization_details/0/Models ",
      })
  void whatWeTakeIsWhatTheSchemaSaysAndAnErrorPointsAtTheValue(String detail, String pointer) {
    boolean strangers =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(published())
            .validate(Json.parse(detail))
            .isEmpty();
    assertThat(strangers).isEqualTo(pointer.isEmpty());
    if (pointer.isEmpty()) {
      assertThat(AuthorizationDetails.parse("[" + detail + "]")).hasSize(1);
    } else {
      assertThatThrownBy(() -> AuthorizationDetails.parse("[" + detail + "]"))
          .isInstanceOf(AuthorizationDetails.InvalidDetails.class)
          .hasMessageStartingWith(pointer.strip() + " ");
    }
  }

  @Test
  void theErrorSaysWhatIsExpectedAndEchoesLittle() {
    assertThatThrownBy(
            () ->
                AuthorizationDetails.parse(
                    "[{\"type\":\"llm_access\",\"upstream\":\"o\",\"limits\":{\"money\":1}}]"))
        .hasMessageStartingWith(
            "authorization_details/0/limits/money is not a member that is known here, expected any"
                + " of [requests, tokens_per_request, tokens_per_day, cost_micros");
    assertThatThrownBy(
            () ->
                AuthorizationDetails.parse(
                    "[{\"type\":\"llm_access\",\"upstream\":\"o\",\""
                        + "x".repeat(10_000)
                        + "\":1}]"))
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).length()).isLessThan(600));
  }
}
