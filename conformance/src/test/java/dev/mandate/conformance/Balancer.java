package dev.mandate.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// A balancer in front of nodes: requests go to them in turn, a node that takes no connection is
/// skipped, and a request that has been sent is never sent again.
///
/// It says `connection: close` to both sides, so that a connection carries one request and the next
/// one of the same client meets another node. It reads no more of HTTP than a request's head.
final class Balancer implements AutoCloseable {
  private static final int HEAD_BYTES_MAX = 64 * 1024;
  private static final int CONNECT_MILLIS = 2_000;
  private static final String END = "\r\n\r\n";

  private final ServerSocket listening;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger turn = new AtomicInteger();
  private volatile List<Integer> ports = List.of();

  Balancer() {
    try {
      listening = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  String url() {
    return "http://localhost:" + listening.getLocalPort();
  }

  /// Sends to these from now on.
  void to(List<Integer> nodes) {
    ports = List.copyOf(nodes);
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        threads.execute(() -> relay(client));
      } catch (IOException e) {
        // Closed; the loop's condition ends it.
      }
    }
  }

  private void relay(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      byte[] head = head(client.getInputStream());
      if (head.length == 0) {
        return;
      }
      try (Socket node = connect()) {
        node.setTcpNoDelay(true);
        node.getOutputStream().write(head);
        threads.execute(() -> request(client, node));
        copy(node.getInputStream(), client.getOutputStream());
      }
    } catch (IOException e) {
      // One of the two is gone: the other is closed, too, and sees it.
    }
  }

  /// The request's body; then the client says nothing more until it hangs up.
  private static void request(Socket client, Socket node) {
    try (node) {
      copy(client.getInputStream(), node.getOutputStream());
    } catch (IOException e) {
      // Closing the node's side tells the other thread.
    }
  }

  private Socket connect() throws IOException {
    List<Integer> nodes = ports;
    int first = turn.getAndIncrement();
    IOException last = new IOException("there is no node");
    for (int i = 0; i < nodes.size(); i++) {
      Socket node = new Socket();
      try {
        int port = nodes.get(Math.floorMod(first + i, nodes.size()));
        node.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
        return node;
      } catch (IOException e) {
        node.close();
        last = e;
      }
    }
    throw last;
  }

  /// The head with `connection: close` in the place of what it said of the connection, and what
  /// came of the body with it.
  private static byte[] head(InputStream in) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    while (read.size() < HEAD_BYTES_MAX) {
      int count = in.read(buffer);
      if (count < 0) {
        return new byte[0];
      }
      read.write(buffer, 0, count);
      String text = read.toString(StandardCharsets.ISO_8859_1);
      int end = text.indexOf(END);
      if (end >= 0) {
        String head = text.substring(0, end).replaceAll("(?im)^connection:[^\r]*\r\n", "");
        return (head + "\r\nconnection: close" + text.substring(end))
            .getBytes(StandardCharsets.ISO_8859_1);
      }
    }
    throw new IOException("a head of more than " + HEAD_BYTES_MAX + " bytes");
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[8192];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.shutdownNow();
  }
}
