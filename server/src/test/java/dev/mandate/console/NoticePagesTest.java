package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoticePagesTest {
  private People people;
  private TestBrowser mia;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    mia = people.browserOf("mia");
    tell("ntc_mia", new UserId("user_mia"), "Hers: <script>alert(1)</script>");
    tell("ntc_noah", new UserId("user_noah"), "His key leaked");
    tell("ntc_all", null, "A credential is old");
  }

  @AfterEach
  void stop() {
    mia.close();
    people.close();
  }

  private void tell(String id, @Nullable UserId person, String text) {
    people
        .server()
        .stores()
        .notices()
        .insertFirst(
            new Notice(
                Acme.TENANT,
                id,
                id,
                Notice.Kind.API_KEY_LEAKED,
                "key_1",
                person,
                text,
                people.clock().instant()),
            false);
  }

  private boolean seenTo(String id) {
    return Objects.requireNonNull(people.server().stores().notices().find(Acme.TENANT, id))
            .acknowledgedAt()
        != null;
  }

  @Test
  void aMemberSeesTheirOwnNoticesAsTextAndAcknowledgesThem() {
    String page = mia.get("/notices").body();
    assertThat(page)
        .contains("Hers: &lt;script&gt;")
        .doesNotContain("<script>")
        .doesNotContain("His key leaked")
        .doesNotContain("A credential is old");
    assertThat(mia.submit(mia.get("/notices").form("/acknowledge")).location())
        .isEqualTo("/notices");
    assertThat(seenTo("ntc_mia")).isTrue();
    assertThat(mia.get("/notices").body()).contains("Seen to").doesNotContain("/acknowledge");
  }

  @Test
  void nobodyAcknowledgesWhatIsSomebodyElsesOrWithAnotherFormsProof() {
    Forms.Form form = mia.get("/notices").form("/acknowledge");
    for (String id : new String[] {"ntc_noah", "ntc_all", "ntc_none"}) {
      assertThat(mia.post("/notices/" + id + "/acknowledge", form.encoded()).status())
          .isEqualTo(404);
    }
    tell("ntc_more", new UserId("user_mia"), "More");
    assertThat(mia.post("/notices/ntc_more/acknowledge", form.encoded()).status()).isEqualTo(403);
    assertThat(seenTo("ntc_noah") || seenTo("ntc_all") || seenTo("ntc_more")).isFalse();
  }
}
