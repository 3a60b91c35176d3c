package dev.mandate.app;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.mandate.domain.access.Limits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// The four callers of a [TrafficRecorder].
final class TrafficHabits {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String SMALL = "gpt-5-mini";
  private static final String LARGE = "gpt-5";

  private TrafficHabits() {}

  static List<TrafficHabit> all(TrafficRecorder at, Instant start) {
    return List.of(
        new Editor(at, start), new Hourly(at, start), new Nightly(at, start), new Agent(at, start));
  }

  /// Over plain HTTP, from an address that the proxy names.
  private abstract static class OverHttp extends TrafficHabit {
    private final TrafficRecorder at;
    private final HttpClient http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    OverHttp(TrafficRecorder at, Instant start, long seed) {
      super(start, seed);
      this.at = at;
    }

    final TrafficRecorder at() {
      return at;
    }

    final void post(String credential, String address, String path, String body) {
      try {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(at.url(path)))
                    .header("authorization", "Bearer " + credential)
                    .header("content-type", "application/json")
                    .header("x-forwarded-for", address)
                    .timeout(Duration.ofSeconds(30))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
          throw new IllegalStateException("no recording: " + answer.body());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    static String chat(String model, int words, int tokens, boolean stream) {
      return """
      {"model":"%s","stream":%s,"max_completion_tokens":%d,
       "messages":[{"role":"user","content":"%s[[sim tokens=%d]]"}]}
      """
          .formatted(model, stream, tokens + 100, "word ".repeat(words), tokens);
    }

    @Override
    public void close() {
      http.close();
    }
  }

  /// A person in an editor: sittings of streamed questions on workdays, some at home, once away.
  private static final class Editor extends OverHttp {
    private final String key;
    private String address = "";

    Editor(TrafficRecorder at, Instant start) {
      super(at, start, 11);
      this.key = at.key("editor", Limits.NONE);
    }

    @Override
    void plan(Instant midnight, int weekday) {
      boolean works = weekday < 5 || random.nextInt(8) == 0;
      if (!works) {
        return;
      }
      int where = random.nextInt(10);
      address = where == 0 ? "203.0.113.77" : where < 4 ? "198.51.100.23" : "192.0.2.14";
      if (where == 0 && random.nextInt(3) == 0) {
        address = "100.64." + random.nextInt(200) + ".9";
      }
      Instant at = midnight.plusSeconds(8 * 3600 + random.nextInt(5400));
      int sittings = 2 + random.nextInt(4);
      for (int i = 0; i < sittings; i++) {
        int questions = about(7, 0.6);
        for (int j = 0; j < questions; j++) {
          planned.add(at);
          at = at.plusSeconds(about(40, 0.8));
        }
        at = at.plusSeconds(1800 + random.nextInt(7200));
      }
    }

    @Override
    int call(Instant now) {
      String model = random.nextInt(12) == 0 ? LARGE : SMALL;
      post(key, address, CHAT, chat(model, about(120, 0.9), about(300, 0.8), true));
      return 1;
    }
  }

  /// A job each hour that gets a token and makes a few calls; on Mondays a report.
  private static final class Hourly extends OverHttp {
    private String token = "";
    private Instant ends = Instant.MIN;

    Hourly(TrafficRecorder at, Instant start) {
      super(at, start, 12);
    }

    @Override
    void plan(Instant midnight, int weekday) {
      for (int hour = 0; hour < 24; hour++) {
        Instant at = midnight.plusSeconds(hour * 3600L + 300 + random.nextInt(4));
        int calls = weekday == 0 && hour == 7 ? 40 + random.nextInt(15) : 2 + random.nextInt(2);
        for (int i = 0; i < calls; i++) {
          planned.add(at);
          at = at.plusSeconds(2 + random.nextInt(3));
        }
      }
    }

    @Override
    int call(Instant now) {
      if (!now.isBefore(ends)) {
        token = at().serviceToken();
        ends = now.plus(Duration.ofMinutes(10));
      }
      post(token, "192.0.2.200", CHAT, chat(SMALL, about(400, 0.3), about(80, 0.3), false));
      return 1;
    }
  }

  /// A batch in the night over what the day brought in.
  private static final class Nightly extends OverHttp {
    private final String key;

    Nightly(TrafficRecorder at, Instant start) {
      super(at, start, 13);
      this.key = at.key("nightly", Limits.NONE);
    }

    @Override
    void plan(Instant midnight, int weekday) {
      Instant at = midnight.plusSeconds(2 * 3600 + random.nextInt(60));
      int calls = about(weekday < 5 ? 100 : 30, 0.35);
      for (int i = 0; i < calls; i++) {
        planned.add(at);
        at = at.plusSeconds(1 + random.nextInt(6));
      }
    }

    @Override
    int call(Instant now) {
      String body = chat(SMALL, about(250, 0.5), about(150, 0.5), false);
      post(key, "198.18.0.40", CHAT, body);
      return 1;
    }
  }

  /// An agent over the official SDK, which tries again by itself: tasks of many steps at any hour,
  /// a context that grows with each, a provider that fails now and then, and a limit of tokens a
  /// day, at which it tries in vain for a while.
  private static final class Agent extends TrafficHabit {
    private static final int TRIES_IN_VAIN = 6;

    private final OpenAIClient openAi;
    private int step;
    private int vain;
    private Instant last = Instant.MIN;

    Agent(TrafficRecorder at, Instant start) {
      super(start, 14);
      this.openAi =
          OpenAIOkHttpClient.builder()
              .apiKey(at.key("agent", new Limits(null, null, 170_000L, null)))
              .baseUrl(at.url("/openai/v1"))
              .putHeader("x-forwarded-for", "2001:db8:77::5")
              .maxRetries(1)
              .build();
    }

    @Override
    void plan(Instant midnight, int weekday) {
      vain = 0;
      Instant at = midnight.plusSeconds(random.nextInt(6 * 3600));
      int tasks = about(4, 0.5);
      for (int i = 0; i < tasks; i++) {
        int steps = about(16, 0.8);
        for (int j = 0; j < steps; j++) {
          planned.add(at);
          at = at.plusSeconds(about(8, 0.6));
        }
        at = at.plusSeconds(600 + random.nextInt(10_000));
        if (at.isAfter(midnight.plus(Duration.ofHours(23)))) {
          return;
        }
      }
    }

    @Override
    int call(Instant now) {
      step = now.isAfter(last.plusSeconds(500)) ? 0 : step + 1;
      last = now;
      boolean fails = random.nextInt(80) == 0;
      String words = "word ".repeat(Math.min(60 + 90 * step, 3_000));
      String knobs = fails ? "[[sim status=500]]" : "[[sim tokens=%d]]".formatted(about(120, 0.6));
      try {
        openAi
            .chat()
            .completions()
            .create(
                ChatCompletionCreateParams.builder()
                    .model(SMALL)
                    .maxCompletionTokens(1_000)
                    .addUserMessage(words + knobs)
                    .build());
        return 1;
      } catch (RateLimitException e) {
        inVain(now);
        return 1;
      } catch (OpenAIServiceException e) {
        // The provider's failure, which the SDK has tried twice.
        return 2;
      }
    }

    /// Such an agent asks again soon, and gives up for the day in the end.
    private void inVain(Instant now) {
      vain++;
      planned.clear();
      if (vain < TRIES_IN_VAIN) {
        planned.add(now.plusSeconds(5L << vain));
      }
    }

    @Override
    public void close() {
      openAi.close();
    }
  }
}
