package dev.mandate.domain.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ModelTiersTest {
  private static ModelTier tier(String name, boolean elevated, ModelTier.Models... models) {
    return new ModelTier(
        TenantId.DEFAULT,
        name,
        name,
        elevated,
        new TreeSet<>(elevated ? Set.of("admin") : Set.of()),
        List.of(models));
  }

  private static ModelTier.Models exact(String name) {
    return new ModelTier.Models("openai", name, false);
  }

  private static ModelTier.Models dated(String name) {
    return new ModelTier.Models("openai", name, true);
  }

  @Test
  void anAliasMeansItsDatedVersionsWhereItSaysSoAndNothingElseThatBeginsLikeIt() {
    ModelTiers tiers = new ModelTiers(List.of(tier("top", true, dated("gpt-4"))));
    for (String model : List.of("gpt-4", "gpt-4-2026-01-02", "gpt-4-20260102")) {
      assertThat(tiers.of("openai", model)).as(model).isNotNull();
    }
    for (String model :
        List.of(
            "gpt-4-32k",
            "gpt-4o",
            "gpt-4-0613",
            "gpt-4-2026-01-02-preview",
            "gpt-4-32k-2026-01-02",
            "gpt-4-2026-13-02",
            "gpt-4-2026-02-30",
            "gpt-4-2026-0102",
            "gpt-4-",
            "-2026-01-02",
            "GPT-4")) {
      assertThat(tiers.of("openai", model)).as(model).isNull();
    }
    assertThat(tiers.of("azure", "gpt-4")).isNull();
    ModelTiers plain = new ModelTiers(List.of(tier("top", true, exact("gpt-4"))));
    assertThat(plain.of("openai", "gpt-4-2026-01-02")).isNull();
  }

  @Test
  void aDatedVersionThatIsListedByItsNameIsInThatTier() {
    ModelTier top = tier("top", true, exact("gpt-4-2026-01-02"));
    ModelTiers tiers = new ModelTiers(List.of(tier("base", false, dated("gpt-4")), top));
    assertThat(tiers.of("openai", "gpt-4-2026-01-02")).isEqualTo(top);
  }

  @Test
  void anElevatedTierIsOpenWithItsScopeAloneAndAnyOtherWhereNoTierWasNamed() {
    ModelTiers tiers =
        new ModelTiers(List.of(tier("base", false, exact("a")), tier("top", true, exact("b"))));
    Set<String> none = Set.of("llm:openai");
    Set<String> base = Set.of("tier:base");
    Set<String> top = Set.of("tier:top");
    assertThat(tiers.opens(none, none, "openai", "a")).isTrue();
    assertThat(tiers.opens(none, none, "openai", "b")).isFalse();
    assertThat(tiers.opens(none, none, "openai", "c")).isTrue();
    assertThat(tiers.opens(base, base, "openai", "b")).isFalse();
    assertThat(tiers.opens(top, top, "openai", "a")).isFalse();
    assertThat(tiers.opens(top, top, "openai", "b")).isTrue();
    // What was named and holds no more opens nothing, and does not count as never named.
    assertThat(tiers.opens(top, Set.of(), "openai", "a")).isFalse();
    assertThat(tiers.opens(top, Set.of(), "openai", "b")).isFalse();
    assertThat(tiers.opens(base, Set.of("tier:base-b"), "openai", "a")).isFalse();
  }

  @Test
  void aTierHasANameAModelAndWhereItIsElevatedARoleThatMayGiveIt() {
    assertThatThrownBy(() -> tier("Top", false, exact("a"))).hasMessageContaining("'Top'");
    assertThatThrownBy(() -> tier("top", false)).hasMessageContaining("0 models");
    assertThatThrownBy(
            () ->
                new ModelTier(
                    TenantId.DEFAULT, "top", "Top", true, new TreeSet<>(), List.of(exact("a"))))
        .hasMessageContaining("no role");
    assertThat(ModelTier.isScope("tier:top")).isTrue();
    assertThat(ModelTier.isScope("tier:")).isFalse();
    assertThat(ModelTier.isScope("tier:Top")).isFalse();
    assertThat(ModelTier.isScope("llm:top")).isFalse();
  }
}
