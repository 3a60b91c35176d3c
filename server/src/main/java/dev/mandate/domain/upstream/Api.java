package dev.mandate.domain.upstream;

/// The shape of requests, answers and errors; several providers share one.
public enum Api {
  OPENAI,
  ANTHROPIC,
  GEMINI,
  BEDROCK
}
