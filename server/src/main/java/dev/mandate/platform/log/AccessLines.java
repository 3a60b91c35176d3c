package dev.mandate.platform.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes access lines many at a time, from a thread of its own: event loops must not wait for
/// whoever reads standard error, and waking a writer for each line costs more than the line.
final class AccessLines extends AppenderBase<ILoggingEvent> {
  private static final Logger log = LoggerFactory.getLogger(AccessLines.class);

  /// Lines that may wait; those that come when they do are dropped, and counted in a line.
  static final int WAITING_MAX = 8_192;

  private static final long EVERY_NANOS = 20_000_000;
  private static final int WRITE_BYTES = 64 * 1024;

  private final Encoder<ILoggingEvent> encoder;
  private final ConsoleTarget target = ConsoleTarget.SystemErr;
  private final Queue<ILoggingEvent> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicInteger dropped = new AtomicInteger();
  private @Nullable Thread writer;

  AccessLines(Encoder<ILoggingEvent> encoder) {
    this.encoder = encoder;
  }

  @Override
  public void start() {
    super.start();
    writer = Thread.ofPlatform().name("access-log").daemon(true).start(this::run);
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (count.get() >= WAITING_MAX) {
      dropped.incrementAndGet();
      return;
    }
    count.incrementAndGet();
    waiting.add(event);
  }

  /// Returns when all that waited is written.
  @Override
  public void stop() {
    super.stop();
    Thread running = writer;
    if (running == null) {
      return;
    }
    writer = null;
    LockSupport.unpark(running);
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      addWarn("interrupted while the last access lines were written");
    }
  }

  private void run() {
    while (isStarted()) {
      LockSupport.parkNanos(EVERY_NANOS);
      write();
    }
    write();
  }

  private void write() {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (ILoggingEvent event = waiting.poll(); event != null; event = waiting.poll()) {
      count.decrementAndGet();
      lines.writeBytes(encoder.encode(event));
      if (lines.size() >= WRITE_BYTES) {
        print(lines);
      }
    }
    print(lines);
    int lost = dropped.getAndSet(0);
    if (lost > 0) {
      log.warn("{} access lines were dropped", lost);
    }
  }

  private void print(ByteArrayOutputStream lines) {
    if (lines.size() > 0) {
      try {
        // Whole lines in one write: others write there too.
        lines.writeTo(target.getStream());
        target.getStream().flush();
      } catch (IOException e) {
        addError("access lines can't be written", e);
      }
      lines.reset();
    }
  }
}
