package dev.mandate.conformance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// What Mandate's budgets are compared with: a relay that reads from the database what was spent,
/// calls if that is below the cap, and adds what the call cost. Every step is right by itself.
final class NaiveCounter implements AutoCloseable {
  /// As a pool would have it.
  private static final int CONNECTIONS = 16;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Connection> pool = new ArrayBlockingQueue<>(CONNECTIONS);
  private final URI provider;
  private final String key;
  private final long cap;
  private final long cost;

  /// @param cost of each call
  NaiveCounter(OwnPostgres database, URI provider, String key, long cap, long cost)
      throws SQLException {
    this.provider = provider;
    this.key = key;
    this.cap = cap;
    this.cost = cost;
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE naive (spent BIGINT NOT NULL)");
      statement.execute("INSERT INTO naive VALUES (0)");
    }
    for (int i = 0; i < CONNECTIONS; i++) {
      pool.add(database.connect());
    }
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 2_048);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Http.Answer answer = null;
      if (spent() < cap) {
        answer = Http.postJson(provider, body, "authorization", "Bearer " + key);
        add();
      }
      byte[] bytes =
          (answer == null ? "{\"error\":{\"code\":\"budget\"}}" : answer.body())
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer == null ? 429 : answer.status(), bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (SQLException | InterruptedException e) {
      throw new IOException(e);
    }
  }

  long spent() throws SQLException, InterruptedException {
    Connection connection = pool.take();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT spent FROM naive")) {
      row.next();
      return row.getLong(1);
    } finally {
      pool.add(connection);
    }
  }

  private void add() throws SQLException, InterruptedException {
    Connection connection = pool.take();
    try (PreparedStatement statement =
        connection.prepareStatement("UPDATE naive SET spent = spent + ?")) {
      statement.setLong(1, cost);
      statement.executeUpdate();
    } finally {
      pool.add(connection);
    }
  }

  @Override
  public void close() throws SQLException {
    server.stop(0);
    threads.close();
    for (Connection connection : pool) {
      connection.close();
    }
  }
}
