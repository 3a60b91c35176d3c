package dev.mandate.domain.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// How well the shipped rules do on prompts that people labelled, as the guide states it. The
/// figures of the guide are these: one that is out of date is red, and `-Dmandate.reference=write`
/// writes it anew.
class PromptAccuracyTest {
  private static final String BEGIN = "<!-- figures -->\n";
  private static final String END = "<!-- end of figures -->\n";
  private static final ShippedRules SHIPPED = ShippedRules.load();

  private record Labelled(String split, String language, SortedSet<String> labels, String text) {}

  private record Score(int right, int wrong, int missed) {
    String precision() {
      return share(right, right + wrong);
    }

    String recall() {
      return share(right, right + missed);
    }

    private static String share(int part, int whole) {
      return whole == 0 ? "–" : "%.2f (%d/%d)".formatted((double) part / whole, part, whole);
    }
  }

  private static List<Labelled> labelled() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            PromptAccuracyTest.class.getResourceAsStream("/prompts/labelled.jsonl"))) {
      List<Labelled> all = new ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        JsonNode node = Json.parse(line);
        SortedSet<String> labels = new TreeSet<>();
        node.required("labels").forEach(label -> labels.add(label.asText()));
        all.add(
            new Labelled(
                node.required("split").asText(),
                node.required("lang").asText(),
                labels,
                node.required("text").asText()));
      }
      return all;
    }
  }

  private static SortedSet<String> found(PromptClassifier classifier, String text)
      throws PromptClassifier.Failed {
    PromptText prompt = new PromptText(100_000);
    prompt.spoken(text.toCharArray(), 0, text.length());
    return classifier.classify(prompt);
  }

  static PromptBook shippedBook() {
    List<PromptCategory> categories = new ArrayList<>();
    for (String name : new TreeSet<>(SHIPPED.sets().keySet())) {
      categories.add(
          new PromptCategory(
              TenantId.DEFAULT, name, name, PromptDecision.ALLOW, false, new TreeSet<>(), name));
    }
    return new PromptBook(PromptPolicy.standard(TenantId.DEFAULT), categories, List.of());
  }

  @Test
  void theGuideStatesWhatTheShippedRulesReach() throws Exception {
    PromptClassifier classifier = RuleClassifier.of(shippedBook(), SHIPPED, System::nanoTime);
    List<Labelled> all = labelled();
    assertThat(all).hasSizeGreaterThanOrEqualTo(150);
    StringBuilder table = new StringBuilder();
    table
        .append("\nRules of ")
        .append(SHIPPED.version())
        .append(", ")
        .append(all.size())
        .append(" prompts.\n\n")
        .append("| Category | Language | Prompts | Precision | Recall | Hold-out: precision |")
        .append(" Hold-out: recall |\n|---|---|---:|---|---|---|---|\n");
    for (String category : new TreeSet<>(SHIPPED.sets().keySet())) {
      for (String language : List.of("en", "ko")) {
        List<Labelled> spoken = all.stream().filter(l -> l.language.equals(language)).toList();
        Score tuning = score(classifier, spoken, "tuning", category);
        Score holdout = score(classifier, spoken, "holdout", category);
        table.append(
            "| `%s` | %s | %d | %s | %s | %s | %s |%n"
                .formatted(
                    category,
                    language,
                    spoken.stream().filter(l -> l.labels.contains(category)).count(),
                    tuning.precision(),
                    tuning.recall(),
                    holdout.precision(),
                    holdout.recall()));
      }
    }
    Path guide =
        Path.of(System.getProperty("mandate.home", ".."), "docs/guides/prompt-categories.md");
    String text = Files.readString(guide);
    int from = text.indexOf(BEGIN) + BEGIN.length();
    int to = text.indexOf(END);
    String now = text.substring(0, from) + table + "\n" + text.substring(to);
    if ("write".equals(System.getProperty("mandate.reference"))) {
      Files.writeString(guide, now);
    }
    assertThat(text).isEqualTo(now);
  }

  private static Score score(
      PromptClassifier classifier, List<Labelled> all, String split, String category)
      throws PromptClassifier.Failed {
    int right = 0;
    int wrong = 0;
    int missed = 0;
    for (Labelled one : all) {
      if (!one.split.equals(split)) {
        continue;
      }
      boolean is = one.labels.contains(category);
      boolean said = found(classifier, one.text).contains(category);
      right += is && said ? 1 : 0;
      wrong += !is && said ? 1 : 0;
      missed += is && !said ? 1 : 0;
    }
    return new Score(right, wrong, missed);
  }
}
