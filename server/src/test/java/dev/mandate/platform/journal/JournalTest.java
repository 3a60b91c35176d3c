package dev.mandate.platform.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final int SEGMENT_BYTES = Journal.MIN_SEGMENT_BYTES;

  @TempDir Path folder;
  private final List<String> replayed = new ArrayList<>();

  private Journal open() {
    replayed.clear();
    return Journal.open(
        folder,
        SEGMENT_BYTES,
        4,
        record -> replayed.add(StandardCharsets.UTF_8.decode(record).toString()));
  }

  private static void append(Journal journal, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    journal.append(bytes, bytes.length);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(Journal.SUFFIX)).sorted().toList();
    }
  }

  /// Changes the bytes of the first file that has this text.
  private void corrupt(String text, int offset) throws IOException {
    for (Path file : files()) {
      byte[] bytes = Files.readAllBytes(file);
      int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
      if (at >= 0) {
        bytes[at + offset] ^= 1;
        Files.write(file, bytes);
        return;
      }
    }
    throw new AssertionError("no file has " + text);
  }

  @Test
  void recordsComeBackInOrderUntilTheyAreDiscarded() throws IOException {
    try (Journal journal = open()) {
      assertThat(journal.nextSequence()).isEqualTo(1);
      append(journal, "a");
      append(journal, "eight by");
      append(journal, "käse");
    }
    try (Journal journal = open()) {
      assertThat(replayed).containsExactly("a", "eight by", "käse");
      assertThat(journal.nextSequence()).isEqualTo(4);
      append(journal, "later");
    }
    try (Journal journal = open()) {
      assertThat(replayed).containsExactly("a", "eight by", "käse", "later");
      assertThat(journal.damaged()).isFalse();
      journal.discardReplayed();
    }
    try (Journal journal = open()) {
      assertThat(replayed).isEmpty();
      journal.discardReplayed();
      journal.closeAndDelete();
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void itRotatesAndDropsWhatIsNotNeeded() throws IOException {
    List<String> texts = IntStream.range(0, 150).mapToObj("record number %03d"::formatted).toList();
    try (Journal journal = open()) {
      for (String text : texts) {
        append(journal, text);
        journal.maintain();
      }
      assertThat(journal.segments()).isEqualTo(2);
    }
    try (Journal journal = open()) {
      assertThat(replayed).isEqualTo(texts);
      journal.discardReplayed();
      long first = journal.newestSegment();
      for (String text : texts) {
        append(journal, text);
      }
      assertThat(journal.newestSegment()).isEqualTo(first + 1);
      journal.discardBefore(first);
      assertThat(journal.segments()).isEqualTo(2);
      journal.discardBefore(Long.MAX_VALUE);
      assertThat(journal.segments()).isEqualTo(1);
      assertThat(files()).hasSize(1);
    }
    try (Journal journal = open()) {
      assertThat(replayed).isNotEmpty().isEqualTo(texts.subList(150 - replayed.size(), 150));
      assertThat(journal.damaged()).isFalse();
    }
  }

  @Test
  void freeBytesIsAPromiseThatIsKeptForRecordsOfAnySize() {
    try (Journal journal = open()) {
      int[] sizes = {1, journal.maxPayloadBytes(), 100, 7, 333};
      for (int i = 0; ; i++) {
        int size = sizes[i % sizes.length];
        if (journal.freeBytes() < Journal.frameBytes(size)) {
          break;
        }
        journal.append(new byte[size], size);
      }
      byte[] longest = new byte[journal.maxPayloadBytes()];
      for (int i = 0; i < 8; i++) {
        journal.maintain();
      }
      for (int i = 0; journal.segments() < 4; i++) {
        assertThat(i).isLessThan(100);
        journal.append(longest, longest.length);
        journal.maintain();
      }
      assertThat(journal.segments()).isEqualTo(4);
      while (journal.freeBytes() >= Journal.frameBytes(longest.length)) {
        journal.append(longest, longest.length);
      }
      journal.maintain();
      assertThatThrownBy(() -> journal.append(longest, longest.length))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("full");
      journal.discardBefore(journal.newestSegment());
      journal.maintain();
      journal.append(longest, longest.length);
    }
  }

  @Test
  void aTornEndIsNoDamage() throws IOException {
    for (int cut = 0; cut < Journal.frameBytes(12); cut++) {
      try (Journal journal = open()) {
        journal.discardReplayed();
        append(journal, "whole");
        append(journal, "also torn???");
      }
      Path file = files().getFirst();
      byte[] bytes = Files.readAllBytes(file);
      // As a process that dies between two stores: everything from here on is still zero.
      int from = Journal.frameBytes(5) + cut;
      ByteBuffer.wrap(bytes).put(from, new byte[bytes.length - from]);
      Files.write(file, bytes);
      try (Journal journal = open()) {
        assertThat(replayed).describedAs("cut at " + cut).startsWith("whole");
        assertThat(replayed.size()).isLessThanOrEqualTo(2);
        assertThat(journal.damaged()).isFalse();
        append(journal, "next");
      }
      try (Journal journal = open()) {
        assertThat(replayed).startsWith("whole").endsWith("next");
        assertThat(journal.damaged()).isFalse();
      }
    }
  }

  @Test
  void aFileThatEndsEarlyIsReadAsFarAsItGoes() throws IOException {
    try (Journal journal = open()) {
      append(journal, "whole");
      append(journal, "cut off");
    }
    Path file = files().getFirst();
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 30));
    try (Journal journal = open()) {
      assertThat(replayed).containsExactly("whole");
      assertThat(journal.damaged()).isFalse();
    }
  }

  @Test
  void aHoleIsDamageAndReadingGoesOnBehindIt() throws IOException {
    for (int offset : new int[] {-16, -12, -8, 0, 5}) {
      try (Journal journal = open()) {
        journal.discardReplayed();
        append(journal, "first record");
        append(journal, "second record");
        append(journal, "third record");
      }
      corrupt("second record", offset);
      try (Journal journal = open()) {
        assertThat(replayed)
            .describedAs("offset " + offset)
            .containsExactly("first record", "third record");
        assertThat(journal.damaged()).isTrue();
      }
    }
  }

  @Test
  void aMissingSegmentIsDamage() throws IOException {
    try (Journal journal = open()) {
      for (int i = 0; i < 300; i++) {
        append(journal, "record number " + i);
        journal.maintain();
      }
      assertThat(journal.segments()).isGreaterThanOrEqualTo(3);
    }
    Files.delete(files().get(1));
    try (Journal journal = open()) {
      assertThat(journal.damaged()).isTrue();
      assertThat(replayed).startsWith("record number 0").endsWith("record number 299");
    }
  }

  @Test
  void onlyOneMayHaveItOpen() {
    try (Journal journal = open()) {
      append(journal, "mine");
      assertThatThrownBy(this::open)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("open already");
    }
    open().close();
  }

  @Test
  void recordsAndSegmentsOfTheWrongSizeAreRefused() {
    try (Journal journal = open()) {
      int most = journal.maxPayloadBytes();
      journal.append(new byte[most], most);
      assertThatThrownBy(() -> journal.append(new byte[most + 1], most + 1))
          .hasMessageContaining("expected 1 to " + most);
      assertThatThrownBy(() -> journal.append(new byte[1], 0)).hasMessageContaining("0 bytes");
    }
    assertThatThrownBy(() -> Journal.open(folder, 4095, 4, record -> {}))
        .hasMessageContaining("4095");
    assertThatThrownBy(() -> Journal.open(folder, 4096, 1, record -> {}))
        .hasMessageContaining("1 segments");
  }

  @Test
  void aForeignFileStopsTheStart() throws IOException {
    Files.writeString(folder.resolve("notes" + Journal.SUFFIX), "?");
    assertThatThrownBy(this::open).hasMessageContaining("notes");
    Files.delete(folder.resolve("notes" + Journal.SUFFIX));
    open().close();
  }
}
