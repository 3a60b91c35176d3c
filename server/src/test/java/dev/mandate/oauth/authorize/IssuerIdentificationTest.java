package dev.mandate.oauth.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.metadata.MetadataEndpoint;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// RFC 9207, read by a client that somebody else wrote.
class IssuerIdentificationTest {
  @Test
  void theAnswerNamesTheIssuerOfTheMetadataToTheLetter(@TempDir Path data) throws Exception {
    try (People people = new People(data);
        TestBrowser browser = people.browser()) {
      Map<String, String> request = People.request();
      request.put("prompt", "none");
      var answer =
          AuthorizationResponse.parse(
              URI.create(browser.get(People.authorize(request)).location()));
      assertThat(answer.indicatesSuccess()).isFalse();
      MetadataEndpoint metadata =
          new MetadataEndpoint(
              new Issuers(people.server().url()),
              people.server().stores().upstreams(),
              List.of("authorization_code"),
              AuthorizeConfig.STANDARD);
      String document =
          new String(
              metadata
                  .handle(
                      new HttpRequest(
                          "r",
                          "GET",
                          null,
                          MetadataEndpoint.OAUTH_PATH,
                          Map.of(),
                          null,
                          Headers.NONE,
                          new byte[0],
                          "127.0.0.1",
                          false))
                  .body(),
              StandardCharsets.UTF_8);
      AuthorizationServerMetadata parsed = AuthorizationServerMetadata.parse(document);
      assertThat(answer.getIssuer().getValue()).isEqualTo(parsed.getIssuer().getValue());
      assertThat(parsed.supportsAuthorizationResponseIssuerParam()).isTrue();
    }
  }
}
