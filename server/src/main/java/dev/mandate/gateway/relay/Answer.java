package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Api;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.routing.Endpoint;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// An answer on its way through: what may be sent on, and what is known of its usage.
sealed interface Answer
    permits Answer.Whole, Answer.Listed, Answer.Streamed, MediaAnswer, FramedAnswer {
  static boolean isEventStream(@Nullable String contentType) {
    return contentType != null
        && contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
  }

  private static boolean isFramed(@Nullable String contentType) {
    return contentType != null && contentType.startsWith("application/vnd.amazon.eventstream");
  }

  static Answer of(Outgoing call, boolean events, @Nullable String contentType, int eventBytesMax) {
    if (call.endpoint().isMedia()) {
      return MediaAnswer.of(call, events, contentType);
    }
    if (call.endpoint() == Endpoint.CONVERSE_STREAM && isFramed(contentType)) {
      return new FramedAnswer(eventBytesMax);
    }
    if (events) {
      return new Streamed(call.endpoint(), call.stripsUsage(), eventBytesMax);
    }
    return call.endpoint() == Endpoint.STREAM_GENERATE_CONTENT
        ? new Listed()
        : new Whole(call.endpoint());
  }

  /// What may be sent on after this chunk arrived; may be empty.
  Buffer chunk(Buffer chunk);

  /// What is left at the end.
  Buffer rest();

  /// Usage so far, null when the provider said nothing yet.
  @Nullable Usage usage();

  /// Whether [#usage] is the provider's last word, whatever may follow.
  boolean isComplete();

  /// Whether [#usage] is the last word if the answer ends here, as HTTP has it.
  boolean isWhole();

  /// What ends the answer where it is cut, so that the caller is told why; null where only a broken
  /// connection says so.
  default @Nullable Buffer end(Refusal why, Outgoing call) {
    return null;
  }

  /// Output tokens that went through at most; `Long.MAX_VALUE` when that isn't known.
  long shownTokens();

  /// An answer in one piece of JSON.
  final class Whole implements Answer {
    private final Endpoint endpoint;
    private final UsageScanner scanner;
    private @Nullable Usage usage;

    Whole(Endpoint endpoint) {
      this.endpoint = endpoint;
      this.scanner =
          endpoint.api() == Api.GEMINI ? UsageScanner.gemini(false) : new UsageScanner(true, null);
    }

    @Override
    public Buffer chunk(Buffer chunk) {
      byte[] bytes = chunk.getBytes();
      scanner.feed(bytes, 0, bytes.length);
      byte[] object = scanner.captured();
      if (object != null) {
        usage =
            switch (endpoint.api()) {
              case OPENAI -> UsageReader.openAi(object, !endpoint.embeds());
              case ANTHROPIC -> UsageReader.anthropic(null, object);
              case GEMINI -> UsageReader.gemini(object, !endpoint.embeds());
              case BEDROCK -> UsageReader.bedrock(object);
            };
      }
      return chunk;
    }

    @Override
    public Buffer rest() {
      return Buffer.buffer();
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

    @Override
    public long shownTokens() {
      return Long.MAX_VALUE;
    }
  }

  /// An answer in pieces, each an element of one JSON array, with the usage so far.
  final class Listed implements Answer {
    private final UsageScanner scanner = UsageScanner.gemini(true);
    private @Nullable Usage usage;

    @Override
    public Buffer chunk(Buffer chunk) {
      byte[] bytes = chunk.getBytes();
      scanner.feed(bytes, 0, bytes.length);
      byte[] object = scanner.captured();
      if (object != null) {
        Usage read = UsageReader.gemini(object, true);
        usage = read == null ? usage : read;
      }
      return chunk;
    }

    @Override
    public Buffer rest() {
      return Buffer.buffer();
    }

    @Override
    public @Nullable Usage usage() {
      return usage;
    }

    @Override
    public boolean isComplete() {
      return isWhole();
    }

    @Override
    public boolean isWhole() {
      return usage != null && scanner.isOver();
    }

    @Override
    public long shownTokens() {
      return Long.MAX_VALUE;
    }
  }

  /// An answer in server-sent events.
  final class Streamed implements Answer {
    /// Tokens that the provider may have made and we not have seen when a stream ends early.
    private static final long IN_FLIGHT_TOKENS = 256;

    private final SseSplitter splitter;
    private final StreamMeter meter;

    Streamed(Endpoint endpoint, boolean strips, int eventBytesMax) {
      this.splitter = new SseSplitter(eventBytesMax);
      this.meter = new StreamMeter(endpoint, strips);
    }

    @Override
    public Buffer chunk(Buffer chunk) {
      return splitter.feed(chunk, meter);
    }

    @Override
    public Buffer rest() {
      return splitter.rest();
    }

    @Override
    public @Nullable Usage usage() {
      return meter.usage();
    }

    @Override
    public boolean isComplete() {
      return meter.isComplete();
    }

    @Override
    public boolean isWhole() {
      return meter.isComplete() || meter.saidWhy();
    }

    @Override
    public Buffer end(Refusal why, Outgoing call) {
      return Buffer.buffer(
          why.event(call.provider(), call.endpoint() == Endpoint.RESPONSES_CREATE, call.id()));
    }

    @Override
    public long shownTokens() {
      return splitter.isUnread() || !meter.sawEvents()
          ? Long.MAX_VALUE
          : meter.shownTokens() + IN_FLIGHT_TOKENS;
    }
  }
}
