#include "tests/hostile/recording_upstream.h"

#include <utility>

namespace keypool::hostile {

using gateway::testing::Wire;

RecordingUpstream::RecordingUpstream() : upstream_([this](Wire& wire) { serve(wire); }) {}

std::vector<StrictMessage> RecordingUpstream::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(messages_, {});
}

void RecordingUpstream::serve(Wire& wire) {
  StrictReader reader(wire);
  while (auto message = reader.request()) {
    const auto answer = message->start.starts_with("HEAD ")
                            ? "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
                            : gateway::testing::json_answer(200, message->start);
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(*message));
    }
    if (!wire.send(answer)) return;
  }
}

}  // namespace keypool::hostile
