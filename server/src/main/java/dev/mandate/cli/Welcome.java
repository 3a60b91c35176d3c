package dev.mandate.cli;

/// What the demo prints: a tour in copy-and-paste steps. The verifier and challenge are a fixed
/// pair so that the steps can be pasted; a real client makes a new pair for each request (RFC 7636
/// §4.1).
final class Welcome {
  static final String TEXT =
      """

      Mandate runs at {issuer}

        People (sign in at {issuer}/mandates)
      {people}

        Everything a script needs is in {file}

      1. An app asks. Open this in a browser, sign in as mina, look at what the app may do, approve:

      {issuer}/oauth/authorize?response_type=code&client_id={app}&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback&scope=llm%3Aopenai&state=demo&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256

         The browser ends on a page that does not load (the app is not running). Copy the code from its address:

      CODE=paste-the-code-here

      2. The app trades the code for a token that is worth exactly what you approved:

      TOKEN=$(curl -s {issuer}/oauth/token -d grant_type=authorization_code -d client_id={app} -d redirect_uri={redirect} -d code=$CODE -d code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')

      3. A call is answered; the provider's key never leaves the server:

      curl -s {issuer}/openai/v1/chat/completions -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"model":"{model}","messages":[{"role":"user","content":"Say hello in five words."}]}'

      4. Revoke it at {issuer}/mandates (one click), or:

      curl -s {issuer}/oauth/revoke -d client_id={app} -d token=$TOKEN

         and step 3 is refused.

      The same without curl: java examples/repo-summary/RepoSummary.java {issuer}
      Stop with Ctrl-C.
      """;

  private Welcome() {}
}
