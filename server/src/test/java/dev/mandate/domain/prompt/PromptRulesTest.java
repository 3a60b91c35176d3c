package dev.mandate.domain.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PromptRulesTest {
  private static final ShippedRules SHIPPED = ShippedRules.load();

  static PromptCategory category(String name, PromptDecision decision, String... roles) {
    return new PromptCategory(
        TenantId.DEFAULT, name, name, decision, false, new TreeSet<>(Set.of(roles)), null);
  }

  static PromptBook book(String pattern, PromptCategory... categories) {
    return new PromptBook(
        PromptPolicy.standard(TenantId.DEFAULT),
        List.of(categories),
        List.of(new PromptRule(TenantId.DEFAULT, "prl_1", "a", pattern)));
  }

  @Test
  void aPatternIsBoundedBeforeItIsCompiled() {
    assertThat(RulePatterns.wrongWith("orion|lynx")).isNull();
    assertThat(RulePatterns.wrongWith("a{1000}")).isNull();
    // One text of 17 characters would become a program of a thousand million steps.
    assertThat(RulePatterns.wrongWith("((a{100}){100}){1000}")).contains("repeats");
    assertThat(RulePatterns.wrongWith("(a{40}){40}")).contains("repeats");
    assertThat(RulePatterns.wrongWith("a{1001}")).contains("repeats");
    assertThat(RulePatterns.wrongWith("(?=a)b")).contains("RE2");
    assertThat(RulePatterns.wrongWith("(a")).contains("RE2");
    assertThat(RulePatterns.wrongWith("a*")).contains("empty text");
    assertThat(RulePatterns.wrongWith("a".repeat(500))).isNull();
    assertThat(RulePatterns.wrongWith("a".repeat(501))).contains("501");
  }

  @Test
  void aRuleThatCannotBeLoadedFailsTheClassifierAndIsNotLeftOut() {
    PromptCategory a = category("a", PromptDecision.ALLOW);
    assertThatThrownBy(() -> RuleClassifier.of(book("(a", a), SHIPPED, System::nanoTime))
        .isInstanceOf(PromptClassifier.Failed.class);
    PromptCategory gone =
        new PromptCategory(
            TenantId.DEFAULT, "b", "B", PromptDecision.ALLOW, false, new TreeSet<>(), "gone");
    assertThatThrownBy(() -> RuleClassifier.of(book("x", a, gone), SHIPPED, System::nanoTime))
        .hasMessageContaining("'gone'");
  }

  @Test
  void aClassifierWithoutTimeLeftFails() throws Exception {
    AtomicLong clock = new AtomicLong();
    PromptClassifier classifier =
        RuleClassifier.of(
            book("x", category("a", PromptDecision.ALLOW)),
            SHIPPED,
            () -> clock.getAndAdd(6_000_000_000L));
    assertThatThrownBy(() -> classifier.classify(new PromptText(1_000)))
        .isInstanceOf(PromptClassifier.Failed.class);
  }

  private static PromptRuling ruling(
      PromptBook book, Set<String> found, String declared, PromptRuling.Sender sender) {
    return PromptRuling.of(
        book, new TreeSet<>(found), declared.isEmpty() ? null : declared, sender);
  }

  @Test
  void everyCategoryThatIsFoundMustBeAllowed() {
    PromptBook book =
        book(
            "x",
            category("a", PromptDecision.ALLOW),
            category("b", PromptDecision.DENY),
            category("c", PromptDecision.NEEDS_APPROVAL),
            category("d", PromptDecision.ALLOW, "admin"));
    PromptRuling.Sender member = new PromptRuling.Sender(null, Set.of(), "member");
    PromptRuling.Sender admin = new PromptRuling.Sender(Set.of("a", "c"), Set.of(), "admin");
    assertThat(ruling(book, Set.of("a"), "", member)).isInstanceOf(PromptRuling.Allowed.class);
    assertThat(ruling(book, Set.of("a", "b"), "", member)).isInstanceOf(PromptRuling.Denied.class);
    assertThat(ruling(book, Set.of("a", "c"), "", member))
        .isEqualTo(new PromptRuling.NeedsApproval("c"));
    // What is denied is not asked for.
    assertThat(ruling(book, Set.of("b", "c"), "", member)).isInstanceOf(PromptRuling.Denied.class);
    assertThat(ruling(book, Set.of("d"), "", member)).isInstanceOf(PromptRuling.Denied.class);
    assertThat(ruling(book, Set.of("d"), "", admin)).isInstanceOf(PromptRuling.Denied.class);
    assertThat(ruling(book, Set.of("a"), "b", member))
        .isInstanceOf(PromptRuling.Contradicted.class);
    assertThat(ruling(book, Set.of("a", "c"), "a", member))
        .isEqualTo(new PromptRuling.NeedsApproval("c"));
    assertThat(ruling(book, Set.of(), "b", member)).isInstanceOf(PromptRuling.Denied.class);
    assertThat(ruling(book, Set.of(), "z", member)).isEqualTo(new PromptRuling.Unknown());
    assertThat(ruling(book, Set.of("z"), "", member)).isInstanceOf(PromptRuling.Denied.class);
  }
}
