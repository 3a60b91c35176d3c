package dev.mandate.domain.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.platform.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PriceTest {
  private static final Price LONG = new Price(4_000_000, 400_000, 5_000_000, 5_000_000, 18_000_000);
  private static final Price TERRA =
      new Price(
          2_000_000,
          200_000,
          2_500_000,
          2_500_000,
          12_000_000,
          new Price.LongContext(272_000, LONG));

  @Test
  void aLongInputMakesTheWholeCallDearerAndCachedTokensCountForIt() {
    assertThat(TERRA.cost(new Usage(272_000, 0, 0, 0, 10))).isEqualTo(544_120);
    assertThat(TERRA.cost(new Usage(272_001, 0, 0, 0, 10))).isEqualTo(1_088_184);
    assertThat(TERRA.cost(new Usage(1, 272_000, 0, 0, 0))).isEqualTo(108_804);
  }

  @Test
  void imagesAndUnitsHavePricesOfTheirOwnAndAreRoundedUpWithTheRest() {
    Price image = new Price(2_000_000, 0, 0, 0, 8_000_000).with(2_500_000, null);
    assertThat(image.cost(new Usage(3, 0, 0, 0, 272, 1_001, 0))).isEqualTo(4_685);
    Price minute =
        new Price(0, 0, 0, 0, 0).with(0, new Price.PerUnit(Price.Unit.SECOND, 100_000_000, 7_200));
    assertThat(minute.cost(Usage.NONE.withUnits(61))).isEqualTo(6_100);
    assertThat(minute.cost(Usage.NONE.withUnits(Long.MAX_VALUE))).isPositive();
  }

  @Test
  void aPriceSurvivesItsJson() {
    for (Price price :
        List.of(
            TERRA,
            new Price(1, 2, 3, 4, 5).with(6, null),
            new Price(1, 2, 3, 4, 5)
                .with(1, new Price.PerUnit(Price.Unit.CHARACTER, 15_000_000, 4_096)))) {
      ObjectNode json = Json.object();
      PriceJson.write(price, json);
      assertThat(PriceJson.read(json)).isEqualTo(price);
    }
  }

  @Test
  void theDearestOfAnInputThatMayBeLongIsNeverBelowEitherPrice() {
    assertThat(TERRA.dearest(272_000)).isEqualTo(TERRA);
    assertThat(TERRA.dearest(272_001)).isEqualTo(LONG);
    Price cheaperLong =
        new Price(10, 10, 10, 10, 10, new Price.LongContext(5, new Price(9, 11, 9, 11, 9)));
    assertThat(cheaperLong.dearest(6)).isEqualTo(new Price(10, 11, 10, 11, 10));
  }

  @ParameterizedTest
  @EnumSource(names = {"OPENAI", "ANTHROPIC", "GEMINI", "MISTRAL"})
  void theShippedListHasModelsThatCanBeHeldAndCharged(Provider provider) {
    List<Model> models = PriceList.shipped().of(provider);
    Set<String> names = new HashSet<>();
    assertThat(models).isNotEmpty();
    for (Model model : models) {
      assertThat(names.add(model.name())).as(model.name()).isTrue();
      assertThat(model.contextTokens()).as(model.name()).isPositive();
      boolean embeds = model.capabilities().equals(Set.of(Capability.EMBEDDINGS));
      Price price = model.price();
      boolean makesTokens = !embeds && price.unit() == null;
      assertThat(model.outputTokensMax() > 0).as(model.name()).isEqualTo(makesTokens);
      assertThat(price.input() + price.unitPrice()).as(model.name()).isPositive();
      assertThat(price.cachedInput()).as(model.name()).isLessThanOrEqualTo(price.input());
      if (price.longContext() != null) {
        assertThat(price.longContext().aboveTokens()).isLessThan(model.contextTokens());
        assertThat(price.dearest(model.contextTokens())).isEqualTo(price.longContext().price());
      }
    }
  }

  @Test
  void azuresDeploymentsMayBeCalledAsTheirModelsAre() {
    PriceList shipped = PriceList.shipped();
    assertThat(shipped.of(Provider.AZURE_OPENAI)).isEqualTo(shipped.of(Provider.OPENAI));
    assertThat(shipped.of(Provider.OLLAMA)).isEmpty();
  }
}
