package dev.mandate.platform.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.mandate.platform.observe.RequestWatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sets up the log at start, before anything is logged. The quiet default in `logback.xml` holds
/// until then.
public final class Logging {
  /// How lines look.
  public enum Format {
    TEXT,
    JSON
  }

  private Logging() {}

  /// @param level such as `INFO`; libraries stay at `WARN`
  public static void configure(Format format, String level) {
    LoggerContext context = context();
    context.reset();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder(format, context));
    appender.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    context.getLogger("dev.mandate").setLevel(Level.toLevel(level, Level.INFO));
    // They are written on event loops, which must not wait for whoever reads standard error.
    AccessLines access = new AccessLines(encoder(format, context));
    access.setContext(context);
    access.start();
    ch.qos.logback.classic.Logger accessLogger = context.getLogger(RequestWatch.ACCESS_LOGGER);
    accessLogger.setAdditive(false);
    accessLogger.addAppender(access);
  }

  /// Writes the lines that wait; for the end of the process.
  public static void close() {
    context().stop();
  }

  /// While another thread's first logger is being made, there is a stand-in in its place.
  private static LoggerContext context() {
    while (true) {
      if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
        return context;
      }
      Thread.onSpinWait();
    }
  }

  private static Encoder<ILoggingEvent> encoder(Format format, LoggerContext context) {
    Encoder<ILoggingEvent> encoder =
        switch (format) {
          case TEXT -> new TextLines();
          case JSON -> new JsonLines();
        };
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }
}
