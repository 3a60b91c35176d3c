/// The built-in simulated provider: a real HTTP server that speaks OpenAI's, Anthropic's, Google's,
/// Mistral's and Amazon Bedrock's public APIs, so that the demo, the tests and the bench need no
/// account anywhere.
///
/// Endpoints: OpenAI `POST /v1/chat/completions`, `/v1/responses`, `/v1/embeddings`, `GET
/// /v1/models`, `/v1/models/{id}`, `POST /v1/images/generations`, `/v1/images/edits`,
/// `/v1/audio/speech`, `/v1/audio/transcriptions`, `/v1/audio/translations`, and where it is set up
/// the administration API's `/v1/organization/projects/{id}/service_accounts` (make, list, read,
/// delete); Anthropic `POST /v1/messages`, `/v1/messages/count_tokens`, `GET /v1/models`,
/// `/v1/models/{id}` (the two share a path: a request with `x-api-key` or `anthropic-version` is
/// Anthropic's); OpenAI's once more on Azure's paths below `/openai/`; Google `POST
/// /v1beta/models/{id}:generateContent`, `:streamGenerateContent`, `:countTokens`, `:embedContent`,
/// `:batchEmbedContents`; Mistral's chat and embeddings below `/mistral`; Amazon Bedrock's `POST
/// /model/{id}/converse`, `/converse-stream`, signed or with a bearer key. For tests: `GET
/// /sim/stats`, `GET /sim/last`, `POST /sim/reset`.
///
/// Answers depend on nothing but the request; [Tokens] says how they are counted, [SimulatedModel]
/// what they cost, [Directive] which knobs a prompt can turn:
///
/// ```
/// [[sim delay=200 ttfb=50 chunks=40 chunk_delay=25 status=500 no_usage drop_after=5 tokens=123
///      error_midstream retry_after=2 echo]]
/// ```
///
/// It keeps what OpenAI keeps for an account (answers, conversations) until it ends: everyone with
/// a key of the account reaches all of it.
///
/// Not here: the gateway that calls it (`gateway`), which knows nothing of simulation; the demo
/// that starts it (`app`).
@NullMarked
package dev.mandate.simulator;

import org.jspecify.annotations.NullMarked;
