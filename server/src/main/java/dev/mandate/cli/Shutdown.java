package dev.mandate.cli;

import dev.mandate.app.Launch;
import dev.mandate.app.Server;
import java.util.concurrent.CountDownLatch;

/// Keeps the process until it is told to stop, then closes the server in order.
final class Shutdown {
  private Shutdown() {}

  static void await(Server server) throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              told.countDown();
              try {
                closed.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    told.await();
    server.close();
    Launch.closeLog();
    closed.countDown();
  }
}
