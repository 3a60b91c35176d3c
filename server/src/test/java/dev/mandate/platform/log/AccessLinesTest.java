package dev.mandate.platform.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AccessLinesTest {
  private static final LoggerContext CONTEXT = new LoggerContext();

  /// Stands still until it is let go, as a full pipe behind standard error would.
  private static final class Slow extends EncoderBase<ILoggingEvent> {
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger encoded = new AtomicInteger();

    @Override
    public byte[] headerBytes() {
      return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      encoded.incrementAndGet();
      return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
      return new byte[0];
    }
  }

  private static ILoggingEvent line() {
    return new LoggingEvent(
        "access", CONTEXT.getLogger("access"), Level.INFO, "request", null, null);
  }

  @Test
  void linesBeyondTheBoundAreDroppedWhileTheWriterStandsAndTheOthersAreWrittenAtTheEnd() {
    Slow slow = new Slow();
    AccessLines lines = new AccessLines(slow);
    lines.setContext(CONTEXT);
    lines.start();
    for (int i = 0; i < AccessLines.WAITING_MAX + 100; i++) {
      lines.doAppend(line());
    }
    slow.released.countDown();
    lines.stop();
    // The writer may have taken one before it stood.
    assertThat(slow.encoded.get()).isBetween(AccessLines.WAITING_MAX, AccessLines.WAITING_MAX + 1);
  }
}
