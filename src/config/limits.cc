#include "config/limits.h"

#include <array>
#include <chrono>

#include "config/fields.h"
#include "config/values.h"

namespace keypool::config {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

template <auto Member, std::uint64_t Least, std::uint64_t Most>
bool bytes(const YamlNode& node, Limits& limits, Problems&) {
  return read_bytes(node, Least, Most, limits.*Member);
}

template <auto Member, std::uint64_t Least, std::uint64_t Most>
bool count(const YamlNode& node, Limits& limits, Problems&) {
  return read_count(node, Least, Most, limits.*Member);
}

/// From a millisecond to a day.
template <auto Member>
bool waiting_time(const YamlNode& node, Limits& limits, Problems&) {
  return read_duration(node, 1ms, 24h, limits.*Member);
}

constexpr std::array kLimitFields = {
    Field<Limits>{"head_bytes", Presence::optional,
                  "a number of bytes from 1KiB to 16MiB, such as 64KiB",
                  bytes<&Limits::head_bytes, kKiB, 16 * kMiB>},
    Field<Limits>{"headers", Presence::optional, "a whole number from 10 to 10000",
                  count<&Limits::headers, 10, 10'000>},
    Field<Limits>{"body_bytes", Presence::optional,
                  "a number of bytes from 1KiB to 1024GiB, such as 512MiB",
                  bytes<&Limits::body_bytes, kKiB, 1024 * kGiB>},
    Field<Limits>{"replay_bytes", Presence::optional,
                  "a number of bytes from 0 to 1GiB, such as 8MiB",
                  bytes<&Limits::replay_bytes, 0, kGiB>},
    Field<Limits>{"head_time", Presence::optional, "a duration from 1ms to 24h, such as 30s",
                  waiting_time<&Limits::head_time>},
    Field<Limits>{"connect_time", Presence::optional, "a duration from 1ms to 24h, such as 5s",
                  waiting_time<&Limits::connect_time>},
    Field<Limits>{"first_byte_time", Presence::optional, "a duration from 1ms to 24h, such as 10m",
                  waiting_time<&Limits::first_byte_time>},
    Field<Limits>{"idle_time", Presence::optional, "a duration from 1ms to 24h, such as 5m",
                  waiting_time<&Limits::idle_time>},
    Field<Limits>{"grace_time", Presence::optional, "a duration from 0s to 24h, such as 30s",
                  [](const YamlNode& node, Limits& limits, Problems&) {
                    return read_duration(node, 0s, 24h, limits.grace_time);
                  }},
    Field<Limits>{"call_time", Presence::optional, "a duration from 1ms to 24h, such as 2h",
                  waiting_time<&Limits::call_time>},
    Field<Limits>{"body_rate", Presence::optional,
                  "a number of bytes for each second, from 0 to 1GiB, such as 1KiB",
                  bytes<&Limits::body_rate, 0, kGiB>},
    Field<Limits>{"connections", Presence::optional, "a whole number from 1 to 1000000",
                  count<&Limits::connections, 1, 1'000'000>},
    Field<Limits>{"connections_per_client", Presence::optional,
                  "a whole number from 0 to 1000000; 0 is any number",
                  count<&Limits::connections_per_client, 0, 1'000'000>},
    Field<Limits>{"max_waiting", Presence::optional, "a whole number from 0 to 1000000",
                  count<&Limits::max_waiting, 0, 1'000'000>},
    Field<Limits>{"max_waiting_bytes", Presence::optional,
                  "a number of bytes from 0 to 1024GiB, such as 256MiB",
                  bytes<&Limits::max_waiting_bytes, 0, 1024 * kGiB>},
};

}  // namespace

bool read_limits(const YamlNode& node, Config& config, Problems& problems) {
  read_map(node, kLimitFields, config.limits, problems);
  return true;
}

}  // namespace keypool::config
