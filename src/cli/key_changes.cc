#include "cli/key_changes.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/figures.h"

namespace keypool::cli {
namespace {

std::string time_text(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

std::string_view word_of(KeyEvent::Kind kind) {
  switch (kind) {
    case KeyEvent::Kind::begins:
      return "begins";
    case KeyEvent::Kind::key:
      return "key";
    case KeyEvent::Kind::lost:
      return "lost";
    case KeyEvent::Kind::back:
      return "back";
  }
  return "";
}

std::string what_happened(const KeyEvent& event) {
  switch (event.kind) {
    case KeyEvent::Kind::begins:
      return fmt::format("{} of {} ready", event.ready, counted(event.keys, "key"));
    case KeyEvent::Kind::back:
      return fmt::format("the gateway answers again: {} of {} ready", event.ready,
                         counted(event.keys, "key"));
    case KeyEvent::Kind::lost:
      return event.reason;
    case KeyEvent::Kind::key:
      break;
  }
  std::string text =
      fmt::format("{}/{}  {} → {}", event.endpoint, event.key, event.was, event.state);
  if (!event.reason.empty()) text += "  " + event.reason;
  if (event.ready_in) {
    text +=
        fmt::format("{}ready {}", event.reason.empty() ? "  " : ", ", until_text(event.ready_in));
  }
  return text;
}

}  // namespace

std::string event_text(const KeyEvent& event) {
  return printable(fmt::format("{}  {}", time_text(event.at), what_happened(event)));
}

std::string event_json(const KeyEvent& event) {
  nlohmann::json json{{"at", time_text(event.at)}, {"event", word_of(event.kind)}};
  switch (event.kind) {
    case KeyEvent::Kind::begins:
    case KeyEvent::Kind::back:
      json["keys"] = event.keys;
      json["ready"] = event.ready;
      break;
    case KeyEvent::Kind::lost:
      json["why"] = event.reason;
      break;
    case KeyEvent::Kind::key:
      json["endpoint"] = event.endpoint;
      json["name"] = event.key;
      json["state"] = event.state;
      json["was"] = event.was;
      json["reason"] = event.reason;
      if (event.ready_in) json["ready_in_ms"] = event.ready_in->count();
      break;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<KeyEvent> KeyChanges::seen(const Overview& overview,
                                       const std::vector<KeyRow>& out_of_service, WallTime now) {
  std::vector<KeyEvent> events;
  if (!begun_ || lost_) {
    events.push_back({.kind = begun_ ? KeyEvent::Kind::back : KeyEvent::Kind::begins,
                      .at = now,
                      .ready = overview.in_state("ready"),
                      .keys = overview.keys});
    begun_ = true;
    lost_ = false;
  }
  std::map<Name, std::string> states;
  for (const KeyRow& key : out_of_service) {
    const Name name{key.endpoint, key.name};
    const auto before = states_.find(name);
    const std::string was = before == states_.end() ? "ready" : before->second;
    if (was != key.state) {
      events.push_back({.at = now,
                        .endpoint = key.endpoint,
                        .key = key.name,
                        .state = key.state,
                        .was = was,
                        .reason = key.reason,
                        .ready_in = key.ready_in});
    }
    states.emplace(name, key.state);
  }
  for (const auto& [name, was] : states_) {
    if (states.contains(name)) continue;
    events.push_back(
        {.at = now, .endpoint = name.first, .key = name.second, .state = "ready", .was = was});
  }
  states_ = std::move(states);
  return events;
}

std::vector<KeyEvent> KeyChanges::lost(const std::string& why, WallTime now) {
  if (std::exchange(lost_, true)) return {};
  return {{.kind = KeyEvent::Kind::lost, .at = now, .reason = why}};
}

}  // namespace keypool::cli
