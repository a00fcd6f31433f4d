#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "tests/gateway/scripted_upstream.h"
#include "tests/hostile/strict_reader.h"

namespace keypool::hostile {

/// A provider that writes down every request that reaches it whole, and answers each with its
/// request line.
class RecordingUpstream {
 public:
  RecordingUpstream();

  [[nodiscard]] std::uint16_t port() const noexcept { return upstream_.port(); }

  /// What has come since the last call.
  [[nodiscard]] std::vector<StrictMessage> take();

 private:
  void serve(gateway::testing::Wire& wire);

  std::mutex mutex_;
  std::vector<StrictMessage> messages_;
  gateway::testing::ScriptedUpstream upstream_;
};

}  // namespace keypool::hostile
