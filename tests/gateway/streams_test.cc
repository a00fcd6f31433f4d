// Many streams, long streams, slow readers: what memory and fairness depend on.
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // and memory means nothing
#else
constexpr bool kSanitized = false;
#endif

const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view data) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return std::string(size).append(data).append("\r\n");
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Streams, ALongOnePassesInLittleMemory) {
  constexpr std::size_t kTotal = kSanitized ? 20'000'000 : 200'000'000;
  const auto piece = chunk(std::string(50'000, 'x'));
  const std::size_t pieces = kTotal / 50'000;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    wire.send(kStreamHead);
    for (std::size_t i = 0; i < pieces; ++i) {
      if (!wire.send(piece)) return;
    }
    wire.send("0\r\n\r\n");
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  const auto before = resident_bytes();
  client.send(kChat);
  ASSERT_NE(client.read_head(), "");

  std::size_t received = 0;
  std::size_t most = before;
  for (;;) {
    const auto bytes = client.read_some();
    ASSERT_FALSE(bytes.empty());
    received += bytes.size();
    if (received % 100 == 0) most = std::max(most, resident_bytes());
    if (bytes.ends_with("\r\n0\r\n\r\n")) break;
  }
  most = std::max(most, resident_bytes());
  EXPECT_GT(received, kTotal);
  if (!kSanitized) EXPECT_LT(most - before, 20'000'000u);
}

TEST(Streams, ASlowReaderSlowsUpstream) {
  // Far more than all kernel buffers on the way hold.
  constexpr std::size_t kTotal = 100'000'000;
  std::atomic<std::size_t> sent = 0;
  Event stuck;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    wire.send(kStreamHead);
    const auto piece = chunk(std::string(50'000, 'x'));
    for (; sent < kTotal; sent += 50'000) {
      pollfd writable{wire.descriptor(), POLLOUT, 0};
      // Nothing was taken for a while: the gateway has stopped to read.
      if (poll(&writable, 1, 300) == 0) stuck.raise();
      if (!wire.send(piece)) return;
    }
    wire.send("0\r\n\r\n");
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.set_receive_buffer(16'384);
  client.send(kChat);

  ASSERT_TRUE(stuck.wait());
  EXPECT_LT(sent, kTotal / 2);

  // Others are served meanwhile, and the slow one gets everything in the end.
  EXPECT_EQ(gateway.call("GET /nobody HTTP/1.1\r\nHost: a\r\n\r\n").status(), 404);
  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->whole);
  EXPECT_EQ(answer->body.size(), kTotal);
}

TEST(Streams, ManyTinyChunksPass) {
  std::string bytes = kStreamHead;
  for (int i = 0; i < 50'000; ++i) bytes += "1\r\nx\r\n";
  bytes += "0\r\n\r\n";
  ScriptedUpstream upstream(always(bytes));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, std::string(50'000, 'x'));
}

TEST(Streams, AFastOneDoesNotStarveOthers) {
  std::atomic<bool> enough = false;
  ScriptedUpstream upstream({[&enough](Wire& wire) {
                               wire.read();
                               wire.send(kStreamHead);
                               const auto piece = chunk(std::string(1'000'000, 'x'));
                               while (!enough && wire.send(piece)) {
                               }
                             },
                             always(json_answer(200, "{}"))});
  RunningGateway gateway(upstream.port());
  auto greedy = gateway.connect();
  greedy.send(kChat);
  std::thread reader([&] {
    while (!enough && !greedy.read_some().empty()) {
    }
    greedy.close();
  });
  ASSERT_TRUE(eventually([&] { return upstream.connections() == 1; }));

  for (int i = 0; i < 20; ++i) EXPECT_EQ(gateway.call(kChat).status(), 200);

  enough = true;
  reader.join();
}

// Answers all its connections from one thread: the first event at once, the second when it is told.
class PatientUpstream {
 public:
  explicit PatientUpstream(std::size_t streams) : streams_(streams), upstream_(script()) {}

  [[nodiscard]] std::uint16_t port() const noexcept { return upstream_.port(); }
  [[nodiscard]] bool all_open() {
    return eventually([this] { return open_ == streams_; });
  }
  void finish() { finish_.raise(); }

 private:
  ScriptedUpstream::Script script() {
    return [this](Wire& wire) {
      wire.read();
      wire.send(kStreamHead + chunk("data: 1\n\n"));
      ++open_;
      if (finish_.wait()) wire.send(chunk("data: 2\n\n") + "0\r\n\r\n");
    };
  }

  std::size_t streams_;
  std::atomic<std::size_t> open_{0};
  Event finish_;
  ScriptedUpstream upstream_;
};

TEST(Streams, TwoThousandAreOpenAtOnce) {
  constexpr std::size_t kStreams = kSanitized ? 400 : 2'000;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  ASSERT_GT(files.rlim_cur, 4 * kStreams + 100) << "raise the hard limit of open files";

  PatientUpstream upstream(kStreams);
  RunningGateway gateway(upstream.port(), {.keys = 3, .threads = 2});
  std::vector<Wire> clients;
  for (std::size_t i = 0; i < kStreams; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send(kChat);
  }
  ASSERT_TRUE(upstream.all_open());
  for (auto& client : clients) ASSERT_TRUE(client.read_until("data: 1\n\n\r\n"));
  EXPECT_EQ(gateway.gateway().in_flight(), kStreams);

  upstream.finish();

  for (auto& client : clients) ASSERT_TRUE(client.read_until("data: 2\n\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::answered), kStreams);
}

}  // namespace
}  // namespace keypool::gateway::testing
