package dev.mandate.platform.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/// An event for people: one line, and the lines of a stack trace behind a bar, so that nothing in
/// an exception's message passes for a line of its own.
final class TextLines extends EncoderBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());
  private static final byte[] NOTHING = {};

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    Line line = Line.of(event);
    String logger = event.getLoggerName();
    StringBuilder out = new StringBuilder(160);
    TIME.formatTo(event.getInstant(), out);
    out.append(' ').append(event.getLevel());
    out.append(' ').append(logger, logger.lastIndexOf('.') + 1, logger.length());
    out.append(": ").append(line.message());
    line.fields().forEach((name, value) -> out.append(' ').append(name).append('=').append(value));
    out.append('\n');
    if (line.stack() != null) {
      line.stack().lines().forEach(part -> out.append("  | ").append(part).append('\n'));
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }
}
