package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLedger;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills a process that spends ([SpendingProcess]) and looks at what its successor finds.
class BudgetKillTest {
  private static final int KILLS = 4;
  private static final int LINES_BEFORE_KILL = 6_000;

  @TempDir Path folder;

  /// What the process said before it died; a line that was cut off was not said.
  private static final class Said {
    final Set<String> held = new HashSet<>();
    final Set<String> started = new HashSet<>();
    final Set<String> released = new HashSet<>();
    final Map<String, Long> settled = new HashMap<>();

    void hear(String line) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "held" -> held.add(words[1]);
        case "started" -> started.add(words[1]);
        case "released" -> released.add(words[1]);
        case "settled" -> settled.put(words[1], Long.valueOf(words[2]));
        default -> throw new AssertionError("unexpected line: " + line);
      }
    }
  }

  @Test
  void noAcknowledgedStepIsLostWhenTheProcessIsKilled() throws Exception {
    InMemoryLedger ledger = new InMemoryLedger();
    Said said = new Said();
    for (int run = 0; run < KILLS; run++) {
      // In odd runs the process reaches its ledger, in even ones the journal is all there is.
      spendAndKill(run, said);
      Path reached = folder.resolve("ledger");
      if (Files.exists(reached)) {
        ledger.append(SpendingProcess.read(reached));
      }
      LocalBudgets.recover(
              folder.resolve("journal"),
              ledger,
              null,
              InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z")),
              BudgetBounds.DEFAULT)
          .close();
      check(said, ledger);
    }
    assertThat(said.settled.size()).isGreaterThan(1000);
    assertThat(ledger.entries()).anyMatch(entry -> entry.outcome().equals("killed"));
  }

  private void spendAndKill(int run, Said said) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx128m", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(SpendingProcess.class.getName());
    command.addAll(List.of(folder.toString(), Integer.toString(run)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader lines = process.inputReader()) {
      StringBuilder line = new StringBuilder();
      int heard = 0;
      // By character: readLine() would take what was cut off for a whole line.
      for (int c = lines.read(); c >= 0; c = lines.read()) {
        if (c != '\n') {
          line.append((char) c);
          continue;
        }
        said.hear(line.toString());
        line.setLength(0);
        if (++heard == LINES_BEFORE_KILL) {
          // By its handle: the process itself would close the pipe with what is still in it.
          process.toHandle().destroyForcibly();
        }
      }
      assertThat(heard).isGreaterThanOrEqualTo(LINES_BEFORE_KILL);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void check(Said said, InMemoryLedger ledger) {
    for (Map.Entry<String, Long> settled : said.settled.entrySet()) {
      LedgerEntry entry = ledger.entry(settled.getKey());
      assertThat(entry.costMicros()).isEqualTo(settled.getValue());
      assertThat(entry.outcome()).isEqualTo("ok");
    }
    for (String started : said.started) {
      LedgerEntry entry = ledger.entry(started);
      if (entry.outcome().equals("killed")) {
        assertThat(said.settled).doesNotContainKey(started);
        assertThat(entry.costMicros()).isEqualTo(SpendingProcess.WORST.costMicros());
        assertThat(entry.usage()).isEqualTo(Usage.of(SpendingProcess.WORST.tokens(), 0));
        assertThat(entry.estimated()).isTrue();
      }
    }
    for (String released : said.released) {
      assertThat(ledger.has(released)).describedAs("released " + released).isFalse();
    }
    long sum = ledger.entries().stream().mapToLong(LedgerEntry::costMicros).sum();
    assertThat(ledger.spent(Calls.OF_MANDATE).ever().costMicros()).isEqualTo(sum);
    assertThat(ledger.spent(Calls.OF_MANDATE).ever().requests()).isEqualTo(ledger.entries().size());
  }
}
