package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.Refusal;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An answer in Amazon's event stream encoding; its last event, `metadata`, has the usage.
final class FramedAnswer implements Answer {
  private final EventFrames frames;
  private final UsageScanner scanner = new UsageScanner(true, null);
  private @Nullable Usage usage;

  FramedAnswer(int frameBytesMax) {
    this.frames = new EventFrames(frameBytesMax);
  }

  @Override
  public Buffer chunk(Buffer chunk) {
    return frames.feed(chunk, this::event);
  }

  private void event(byte[] bytes, int from, int to) {
    scanner.reset();
    scanner.feed(bytes, from, to);
    byte[] object = scanner.captured();
    if (object != null) {
      Usage read = UsageReader.bedrock(object);
      usage = read == null ? usage : read;
    }
  }

  @Override
  public Buffer rest() {
    return frames.rest();
  }

  @Override
  public @Nullable Usage usage() {
    return usage;
  }

  @Override
  public boolean isComplete() {
    return usage != null;
  }

  @Override
  public boolean isWhole() {
    return usage != null;
  }

  /// Its models may think unseen.
  @Override
  public long shownTokens() {
    return Long.MAX_VALUE;
  }

  @Override
  public @Nullable Buffer end(Refusal why, Outgoing call) {
    if (frames.isUnread()) {
      return null;
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(":message-type", "exception");
    headers.put(":exception-type", why.awsStreamException());
    headers.put(":content-type", "application/json");
    return EventFrames.frame(headers, why.body(call.provider(), call.id()));
  }
}
