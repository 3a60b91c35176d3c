package dev.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
  private static final Instant START = Instant.parse("2026-09-07T09:00:00Z");

  @TempDir private Path folder;

  private static ObjectNode call(Instant at, String type, String caller, String network) {
    ObjectNode event = Json.object().put("at", at.toString()).put("type", type);
    ObjectNode details = event.putObject("details").put("model", "gpt-5-mini");
    if (!caller.isEmpty()) {
      details.put("caller", caller).put("network", network).put("cost_micros", "1000");
    }
    return event;
  }

  private String replay(Object tree) throws IOException {
    Path file = Files.writeString(folder.resolve("audit.json"), Json.write(tree));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      assertThat(MandateCommand.run("replay", file.toString())).isZero();
    } finally {
      System.setOut(before);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void anExportIsReplayedInTheOrderOfItsTimes() throws IOException {
    ObjectNode export = Json.object();
    ArrayNode items = export.putArray("items");
    // The newest first, as the log is listed.
    items.add(call(START.plus(Duration.ofDays(9)), "call.allowed", "api_key:k", "192.0.2.0/24"));
    items.add(call(START.plus(Duration.ofDays(9)), "call.allowed", "", ""));
    items.add(Json.object().put("at", START.toString()).put("type", "token.issued"));
    for (int day = 8; day >= 0; day--) {
      Instant at = START.plus(Duration.ofDays(day));
      items.add(call(at, "call.refused", "api_key:k", "198.51.100.0/24"));
      items.add(call(at, "call.allowed", "api_key:k", "198.51.100.0/24"));
    }
    assertThat(replay(export))
        .contains("2026-09-16T09:00:00Z  alert  network   api_key:k: calls from 192.0.2.0/24")
        .contains("api_key:k: 10 calls and 9 refusals in 10 days\n")
        .contains("1 alerts, 0 records")
        .contains("1 calls left out");
  }

  @Test
  void whatIsNoExportIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("x"), "{");
    assertThat(MandateCommand.run("replay", file.toString()))
        .isEqualTo(MandateCommand.EXIT_SAID_NO);
    assertThat(MandateCommand.run("replay", folder.resolve("none").toString()))
        .isEqualTo(MandateCommand.EXIT_SAID_NO);
  }
}
