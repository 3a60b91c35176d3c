package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.budgeting.Worst;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// An answer that holds images, sound, or what was heard in it. It passes as it arrives, because
/// one event can hold a whole image; its usage is looked for on the way.
///
/// What is charged by the image or the character is known before; seconds and tokens only by the
/// provider's word, of the kind that the model is priced in.
final class MediaAnswer implements Answer {
  /// How the answer is written.
  private enum Shape {
    JSON,
    EVENTS,
    /// Sound, or plain text.
    BYTES
  }

  private static final byte[] PREFIX = {'d', 'a', 't', 'a', ':'};

  private final Shape shape;
  private final Price.@Nullable Unit unit;
  private final @Nullable Usage known;
  private final UsageScanner scanner = new UsageScanner(true, null);
  private @Nullable Usage reported;

  private int column;
  private boolean data;
  private boolean afterCr;
  private boolean inEvent;

  private MediaAnswer(Shape shape, Price.@Nullable Unit unit, @Nullable Usage known) {
    this.shape = shape;
    this.unit = unit;
    this.known = known;
  }

  static MediaAnswer of(Outgoing call, boolean events, @Nullable String contentType) {
    Worst worst = call.hold().worst();
    Price.Unit unit = worst.price().unit();
    boolean countedBefore = unit == Price.Unit.IMAGE || unit == Price.Unit.CHARACTER;
    boolean json =
        contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith("application/json");
    return new MediaAnswer(
        events ? Shape.EVENTS : json ? Shape.JSON : Shape.BYTES,
        unit,
        countedBefore ? Usage.NONE.withUnits(worst.units()) : null);
  }

  @Override
  public Buffer chunk(Buffer chunk) {
    byte[] bytes = chunk.getBytes();
    switch (shape) {
      case JSON -> {
        scanner.feed(bytes, 0, bytes.length);
        byte[] object = scanner.captured();
        reported = object == null ? null : reported(object);
      }
      case EVENTS -> events(bytes);
      case BYTES -> {
        // Nothing in it says what it took.
      }
    }
    return chunk;
  }

  /// Goes through the lines; only those of data are JSON, and an event ends at an empty one.
  private void events(byte[] bytes) {
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      boolean secondOfCrLf = b == '\n' && afterCr;
      afterCr = b == '\r';
      if (secondOfCrLf) {
        from = i + 1;
      } else if (b == '\n' || b == '\r') {
        lineEnded(bytes, from, i);
        from = i + 1;
      } else if (column < PREFIX.length) {
        inEvent = true;
        data = b == PREFIX[column] && (column == 0 || data);
        column++;
        from = i + 1;
      }
    }
    if (isData()) {
      scanner.feed(bytes, from, bytes.length);
    }
  }

  private void lineEnded(byte[] bytes, int from, int to) {
    if (isData()) {
      scanner.feed(bytes, from, to);
    }
    if (column == 0 && inEvent) {
      eventEnded();
    }
    column = 0;
    data = false;
  }

  private boolean isData() {
    return data && column == PREFIX.length;
  }

  /// Each image of several has its own usage, and they add up.
  private void eventEnded() {
    byte[] object = scanner.captured();
    Usage more = object == null ? null : reported(object);
    if (more != null) {
      reported = reported == null ? more : sum(reported, more);
    }
    scanner.reset();
    inEvent = false;
  }

  private static Usage sum(Usage one, Usage other) {
    return new Usage(
        one.input() + other.input(),
        0,
        0,
        0,
        one.output() + other.output(),
        one.mediaInput() + other.mediaInput(),
        one.units() + other.units());
  }

  /// What is reported in another kind than the price is says nothing.
  private @Nullable Usage reported(byte[] object) {
    Usage usage = UsageReader.media(object);
    if (usage == null) {
      return null;
    }
    boolean seconds = usage.units() > 0;
    return seconds == (unit == Price.Unit.SECOND) ? usage : null;
  }

  @Override
  public Buffer rest() {
    if (shape == Shape.EVENTS && inEvent) {
      // The last one's empty line is missing.
      eventEnded();
    }
    return Buffer.buffer();
  }

  @Override
  public @Nullable Usage usage() {
    Usage said = reported;
    return known == null || said == null
        ? said == null ? known : said
        : said.withUnits(known.units());
  }

  @Override
  public boolean isComplete() {
    return shape != Shape.EVENTS && usage() != null;
  }

  @Override
  public boolean isWhole() {
    return usage() != null;
  }

  @Override
  public long shownTokens() {
    return Long.MAX_VALUE;
  }

  /// Inside an event only a broken connection is understood.
  @Override
  public @Nullable Buffer end(Refusal why, Outgoing call) {
    return shape == Shape.EVENTS && !inEvent
        ? Buffer.buffer(why.event(call.provider(), false, call.id()))
        : null;
  }
}
