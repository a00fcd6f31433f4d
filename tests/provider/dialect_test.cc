// Where keys go, and which headers and parameters do not go on.
#include "provider/dialect.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::provider {
namespace {

using enum Dialect;

TEST(DialectNames, AreThoseOfTheConfiguration) {
  for (const Dialect dialect : {openai, anthropic, gemini, azure_openai, generic}) {
    EXPECT_EQ(dialect_from(to_string(dialect)), dialect);
  }
  EXPECT_EQ(to_string(azure_openai), "azure_openai");
  EXPECT_EQ(dialect_from("OpenAI"), std::nullopt);
  EXPECT_EQ(dialect_from(""), std::nullopt);
}

TEST(CredentialPlace, IsEachDialectsOwn) {
  EXPECT_EQ(credential_place(openai).header, "authorization");
  EXPECT_EQ(credential_place(openai).prefix, "Bearer ");
  EXPECT_EQ(credential_place(anthropic).header, "x-api-key");
  EXPECT_EQ(credential_place(anthropic).prefix, "");
  EXPECT_EQ(credential_place(gemini).header, "x-goog-api-key");
  EXPECT_EQ(credential_place(azure_openai).header, "api-key");
  EXPECT_EQ(credential_place(generic).prefix, "Bearer ");
}

TEST(CredentialPlace, IsABearerOnGeminisOpenaiPaths) {
  EXPECT_EQ(credential_place(gemini, "/v1beta/openai/chat/completions").header, "authorization");
  EXPECT_EQ(credential_place(gemini, "/v1beta/openai/chat/completions").prefix, "Bearer ");
  EXPECT_EQ(credential_place(gemini, "/v1beta/models/m:generateContent?x=/openai/").header,
            "x-goog-api-key");
}

TEST(StaysBehind, WhatTellsWhoTheClientIs) {
  for (const auto* name : {"Authorization",
                           "x-api-key",
                           "Api-Key",
                           "x-goog-api-key",
                           "Cookie",
                           "OpenAI-Organization",
                           "openai-project",
                           "anthropic-workspace-id",
                           "x-goog-user-project",
                           "Origin",
                           "Referer",
                           "Host",
                           "Connection",
                           "keep-alive",
                           "Proxy-Authorization",
                           "TE",
                           "Trailer",
                           "Transfer-Encoding",
                           "Upgrade",
                           "Expect",
                           "x-keypool-anything"}) {
    EXPECT_TRUE(stays_behind(name)) << name;
  }
}

TEST(StaysBehind, NotWhatTheProviderNeeds) {
  for (const auto* name :
       {"Content-Type", "Accept", "User-Agent", "anthropic-version", "anthropic-beta",
        "OpenAI-Beta", "x-goog-api-client", "x-stainless-retry-count", "Idempotency-Key",
        "HTTP-Referer", "X-Title", "X-Client-Request-Id", "Accept-Encoding", "", "x", "keypool"}) {
    EXPECT_FALSE(stays_behind(name)) << name;
  }
}

TEST(KeptFromClient, WhatTellsWhoseAccountItWas) {
  for (const auto* name :
       {"Set-Cookie", "openai-organization", "OpenAI-Project", "anthropic-organization-id",
        "Connection", "Transfer-Encoding", "alt-svc", "x-ratelimit-remaining-tokens",
        "anthropic-ratelimit-requests-reset", "x-tokenlimit-limit", "X-RateLimit-Reset",
        "x-keypool-key"}) {
    EXPECT_TRUE(kept_from_client(name)) << name;
  }
}

TEST(KeptFromClient, NotWhatTheSdkReads) {
  for (const auto* name : {"Content-Type", "x-request-id", "request-id", "Retry-After",
                           "retry-after-ms", "x-should-retry", "openai-version",
                           "openai-processing-ms", "cf-ray", "Date", "X-Generation-Id", ""}) {
    EXPECT_FALSE(kept_from_client(name)) << name;
  }
}

TEST(QueryCredential, IsTakenOutAndNothingElse) {
  EXPECT_EQ(without_query_credential("/v1/x"), "/v1/x");
  EXPECT_EQ(without_query_credential("/v1/x?key=k"), "/v1/x");
  EXPECT_EQ(without_query_credential("/v1/x?key=k&alt=sse"), "/v1/x?alt=sse");
  EXPECT_EQ(without_query_credential("/v1/x?alt=sse&key=k"), "/v1/x?alt=sse");
  EXPECT_EQ(without_query_credential("/v1/x?a=1&key=k&b=2&key=l"), "/v1/x?a=1&b=2");
  EXPECT_EQ(without_query_credential("/v1/x?%6bey=k&a=1"), "/v1/x?a=1");
  EXPECT_EQ(without_query_credential("/v1/x?api-key=k"), "/v1/x");
  EXPECT_EQ(without_query_credential("/v1/x?monkey=k&pageSize=1&&a"),
            "/v1/x?monkey=k&pageSize=1&&a");
  EXPECT_EQ(without_query_credential("/v1/x?key"), "/v1/x");
  EXPECT_EQ(without_query_credential("/v1/x?"), "/v1/x?");
  EXPECT_EQ(query_credential("/v1/x?a=1&%6bey=k&b=2"), "%6bey=k");
  EXPECT_EQ(query_credential("/v1/x?monkey=k"), "");
  EXPECT_EQ(query_credential("/v1/x"), "");
  EXPECT_EQ(without_query_credential("/v1/key=1/x"), "/v1/key=1/x");
  EXPECT_EQ(without_query_credential(""), "");
}

}  // namespace
}  // namespace keypool::provider
