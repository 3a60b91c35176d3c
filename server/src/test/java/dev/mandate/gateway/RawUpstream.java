package dev.mandate.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A provider whose every byte a test decides.
final class RawUpstream implements AutoCloseable {
  /// One request as it arrived.
  record Received(String line, Map<String, String> headers, String body) {}

  /// Writes an answer, head and all.
  interface Script {
    void answer(Received request, OutputStream out) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  final AtomicInteger requests = new AtomicInteger();

  /// Completes when the gateway closes a connection while, or after, it was answered.
  final CompletableFuture<Void> disconnected = new CompletableFuture<>();

  volatile Script script = (_, out) -> out.write(json(200, "{}"));

  RawUpstream() {
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  Received next() throws InterruptedException {
    Received next = received.poll(60, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no request arrived upstream");
    }
    return next;
  }

  /// Forgets what arrived.
  void drain() {
    received.clear();
    requests.set(0);
  }

  int requests() {
    return requests.get();
  }

  static byte[] json(int status, String body, String... headers) {
    return ("HTTP/1.1 "
            + status
            + " X\r\ncontent-type: application/json\r\n"
            + fields(headers)
            + "content-length: "
            + body.getBytes(StandardCharsets.UTF_8).length
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.UTF_8);
  }

  static byte[] streamHead() {
    return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        .getBytes(StandardCharsets.UTF_8);
  }

  static byte[] chunk(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return (Integer.toHexString(bytes.length) + "\r\n" + text + "\r\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  static byte[] lastChunk() {
    return "0\r\n\r\n".getBytes(StandardCharsets.UTF_8);
  }

  private static String fields(String... headers) {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      fields.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
    }
    return fields.toString();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      while (true) {
        String head = head(in);
        if (head.isEmpty()) {
          disconnected.complete(null);
          return;
        }
        Received request = request(head, in);
        requests.incrementAndGet();
        received.add(request);
        script.answer(request, socket.getOutputStream());
        socket.getOutputStream().flush();
      }
    } catch (IOException | InterruptedException e) {
      disconnected.complete(null);
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int b = in.read();
    while (b >= 0) {
      head.write(b);
      if (b == '\n' && head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
        return head.toString(StandardCharsets.UTF_8);
      }
      b = in.read();
    }
    return "";
  }

  private static Received request(String head, InputStream in) throws IOException {
    String[] lines = head.split("\r\n", -1);
    Map<String, String> headers = new TreeMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        headers.put(
            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
            lines[i].substring(colon + 1).strip());
      }
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    return new Received(
        lines[0], headers, new String(in.readNBytes(length), StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
