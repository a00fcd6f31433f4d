#include "config/address.h"

#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace keypool::config {
namespace {

struct GoodUrl {
  const char* text;
  BaseUrl url;
  const char* again;  ///< as `BaseUrl::text` writes it
};

void PrintTo(const GoodUrl& row, std::ostream* out) { *out << '"' << row.text << '"'; }

class Url : public testing::TestWithParam<GoodUrl> {};

TEST_P(Url, IsTakenApart) {
  const auto url = parse_base_url(GetParam().text);

  ASSERT_TRUE(url.has_value()) << url.error();
  EXPECT_EQ(url->tls, GetParam().url.tls);
  EXPECT_EQ(url->host, GetParam().url.host);
  EXPECT_EQ(url->port, GetParam().url.port);
  EXPECT_EQ(url->prefix, GetParam().url.prefix);
  EXPECT_EQ(url->text(), GetParam().again);
}

INSTANTIATE_TEST_SUITE_P(
    Read, Url,
    testing::Values(
        GoodUrl{
            "https://api.openai.com", {true, "api.openai.com", 443, ""}, "https://api.openai.com"},
        GoodUrl{
            "https://api.openai.com/", {true, "api.openai.com", 443, ""}, "https://api.openai.com"},
        GoodUrl{
            "http://127.0.0.1:11434", {false, "127.0.0.1", 11434, ""}, "http://127.0.0.1:11434"},
        GoodUrl{"HTTPS://API.Groq.com/openai",
                {true, "api.groq.com", 443, "/openai"},
                "https://api.groq.com/openai"},
        GoodUrl{"http://[::1]:8000/v1/", {false, "::1", 8000, "/v1"}, "http://[::1]:8000/v1"},
        GoodUrl{"https://[2001:DB8::7]", {true, "2001:db8::7", 443, ""}, "https://[2001:db8::7]"},
        GoodUrl{"http://localhost:80/a.b/c",
                {false, "localhost", 80, "/a.b/c"},
                "http://localhost/a.b/c"},
        GoodUrl{"http://model_server", {false, "model_server", 80, ""}, "http://model_server"}));

struct BadUrl {
  const char* text;
  const char* why;
};

void PrintTo(const BadUrl& row, std::ostream* out) { *out << '"' << row.text << '"'; }

class RefusedUrl : public testing::TestWithParam<BadUrl> {};

TEST_P(RefusedUrl, SaysWhy) {
  const auto url = parse_base_url(GetParam().text);

  ASSERT_FALSE(url.has_value());
  EXPECT_EQ(url.error(), GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, RefusedUrl,
    testing::Values(
        BadUrl{"", "it must begin with https:// or http://"},
        BadUrl{"api.openai.com", "it must begin with https:// or http://"},
        BadUrl{"ftp://example.com", "it must begin with https:// or http://"},
        BadUrl{"https://", "no host"}, BadUrl{"https:///v1", "no host"},
        BadUrl{"https://:443", "no host"},
        BadUrl{"https://user:word@example.com",
               "it must hold no credentials; keys go under `keys`"},
        BadUrl{"https://example.com/?key=1", "it must have no query and no fragment"},
        BadUrl{"https://example.com#top", "it must have no query and no fragment"},
        BadUrl{"https://example.com:0", "no valid port"},
        BadUrl{"https://example.com:65536", "no valid port"},
        BadUrl{"https://example.com:", "no valid port"},
        BadUrl{"https://example.com:https", "no valid port"},
        BadUrl{"https://999.1.1.1", "no valid host"}, BadUrl{"https://1.2.3", "no valid host"},
        BadUrl{"https://exa mple.com", "no valid host"},
        BadUrl{"https://-example.com", "no valid host"},
        BadUrl{"https://example..com", "no valid host"},
        BadUrl{"https://example.com.", "no valid host"},
        BadUrl{"https://::1/v1", "an IPv6 address stands in brackets, as in [::1]"},
        BadUrl{"https://[::1", "a `[` without its `]`"},
        BadUrl{"https://[::g]", "no IPv6 address in the brackets"},
        BadUrl{"https://[::1]8080", "no valid port"},
        BadUrl{"https://example.com/a/../b", "its path must be plain, without `..` and `//`"},
        BadUrl{"https://example.com/..", "its path must be plain, without `..` and `//`"},
        BadUrl{"https://example.com//v1", "its path must be plain, without `..` and `//`"},
        BadUrl{"https://example.com/a b", "its path must be plain, without `..` and `//`"},
        BadUrl{"https://example.com/a\\b", "its path must be plain, without `..` and `//`"}));

struct Address {
  const char* text;
  const char* again;
  bool loopback;
};

void PrintTo(const Address& row, std::ostream* out) { *out << '"' << row.text << '"'; }

class ListenAddress : public testing::TestWithParam<Address> {};

TEST_P(ListenAddress, KnowsWhetherItIsThisMachineAlone) {
  const auto listen = parse_listen(GetParam().text);

  ASSERT_TRUE(listen.has_value()) << listen.error();
  EXPECT_EQ(listen->text(), GetParam().again);
  EXPECT_EQ(listen->loopback(), GetParam().loopback);
}

INSTANTIATE_TEST_SUITE_P(
    Read, ListenAddress,
    testing::Values(Address{"127.0.0.1:8080", "127.0.0.1:8080", true},
                    Address{"127.9.9.9:0", "127.9.9.9:0", true},
                    Address{"localhost:8080", "localhost:8080", true},
                    Address{"[::1]:8080", "[::1]:8080", true},
                    Address{"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", true},
                    Address{"0.0.0.0:8080", "0.0.0.0:8080", false},
                    Address{"[::]:8080", "[::]:8080", false},
                    Address{"[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1", false},
                    Address{"10.0.0.7:8080", "10.0.0.7:8080", false},
                    Address{"gateway.example:80", "gateway.example:80", false},
                    Address{"localhost.example:80", "localhost.example:80", false}));

TEST(RefusedListenAddress, SaysWhy) {
  EXPECT_EQ(parse_listen("127.0.0.1").error(), "no port");
  EXPECT_EQ(parse_listen("8080").error(), "no valid host");
  EXPECT_EQ(parse_listen(":8080").error(), "no host");
  EXPECT_EQ(parse_listen("127.0.0.1:80800").error(), "no valid port");
  EXPECT_EQ(parse_listen("::1:8080").error(), "an IPv6 address stands in brackets, as in [::1]");
}

}  // namespace
}  // namespace keypool::config
