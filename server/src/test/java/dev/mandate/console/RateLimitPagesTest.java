package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RateLimitPagesTest {
  private static final String PAGE = "/admin/rate-limits";

  private People people;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
  }

  @AfterEach
  void stop() {
    people.close();
  }

  private List<RateLimit> stored() {
    return people.server().stores().rateLimits().all(Acme.TENANT);
  }

  @Test
  void anAdministratorAddsChangesAndRemovesALimit() {
    try (TestBrowser ada = people.browserOf("ada")) {
      assertThat(ada.get("/admin").body()).contains("Rate limits");
      Forms.Form add = ada.get(PAGE).form(PAGE);
      String proof = "csrf=" + add.first("csrf");
      assertThat(ada.post(PAGE, proof + "&holder=user&requests=60&tokens=&calls=").location())
          .isEqualTo(PAGE + "?done=added");
      RateLimit limit = stored().getFirst();
      assertThat(limit.rates()).isEqualTo(new Rates(60L, null, null));
      for (String wrong :
          new String[] {
            "&holder=user&requests=60",
            "&holder=user",
            "&holder=user&requests=-1",
            "&holder=user&requests=1e3",
            "&holder=user&requests=9999999999999999999",
            "&holder=nobody&requests=1",
            "&holder=user&subject=%3Cscript%3E&requests=1"
          }) {
        var answer = ada.post(PAGE, proof + wrong);
        assertThat(answer.status()).as(wrong).isEqualTo(422);
        assertThat(answer.body()).doesNotContain("<script>");
      }
      String own = PAGE + "/" + limit.id();
      assertThat(ada.post(own, proof + "&do=remove").status()).isEqualTo(403);
      String ownProof = "csrf=" + ada.get(PAGE).form(own).first("csrf");
      assertThat(ada.post(own, ownProof + "&do=change&requests=&calls=3").location())
          .isEqualTo(PAGE + "?done=changed");
      assertThat(stored().getFirst().rates()).isEqualTo(new Rates(null, null, 3L));
      assertThat(ada.post(own, ownProof + "&do=remove").location())
          .isEqualTo(PAGE + "?done=removed");
      assertThat(stored()).isEmpty();
      assertThat(ada.post(own, ownProof + "&do=remove").status()).isEqualTo(404);
    }
  }

  @Test
  void whoMayOnlyLookGetsNoFormAndAMemberNoPage() {
    try (TestBrowser otto = people.browserOf("otto");
        TestBrowser mia = people.browserOf("mia")) {
      assertThat(otto.get(PAGE).status()).isEqualTo(200);
      assertThat(otto.get(PAGE).body()).doesNotContain("<form method=\"post\" action=\"" + PAGE);
      assertThat(otto.post(PAGE, "holder=tenant&requests=1").status()).isEqualTo(403);
      assertThat(mia.get(PAGE).status()).isEqualTo(403);
      assertThat(mia.post(PAGE, "holder=tenant&requests=1").status()).isEqualTo(403);
      assertThat(stored()).isEmpty();
    }
  }
}
