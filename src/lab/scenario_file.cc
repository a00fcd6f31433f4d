#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "lab/checked_yaml.h"
#include "lab/known_answers.h"
#include "lab/scenario.h"

namespace keypool::lab {
namespace {

const Words<LimitHeaders> kLimitHeaders{
    {"native", LimitHeaders::native}, {"groq", LimitHeaders::groq}, {"none", LimitHeaders::none}};

const Words<FaultPoint> kFaultPoints{{"before_head", FaultPoint::before_head},
                                     {"after_head", FaultPoint::after_head},
                                     {"mid_body", FaultPoint::mid_body}};

const Words<AnswerEnd> kAnswerEnds{{"whole", AnswerEnd::whole},
                                   {"cut", AnswerEnd::cut},
                                   {"reset", AnswerEnd::reset},
                                   {"stall", AnswerEnd::stall}};

const Words<ErrorKind> kErrorKinds{{"rate_limit", ErrorKind::rate_limit},
                                   {"insufficient_quota", ErrorKind::insufficient_quota},
                                   {"spend_limit", ErrorKind::spend_limit},
                                   {"bad_key", ErrorKind::bad_key},
                                   {"leaked_key", ErrorKind::leaked_key},
                                   {"forbidden", ErrorKind::forbidden},
                                   {"model_not_found", ErrorKind::model_not_found},
                                   {"not_found", ErrorKind::not_found},
                                   {"invalid_request", ErrorKind::invalid_request},
                                   {"too_large", ErrorKind::too_large},
                                   {"overloaded", ErrorKind::overloaded},
                                   {"unavailable", ErrorKind::unavailable},
                                   {"slow_down", ErrorKind::slow_down},
                                   {"server_error", ErrorKind::server_error},
                                   {"timeout", ErrorKind::timeout}};

/// `7`, or `[3, 9]`.
void read_range(const Place& place, std::uint64_t& from, std::uint64_t& to) {
  const auto ends = items_of(place);
  if (ends.empty() || ends.size() > 2) {
    place.complain("expected a number, or a list of two: from and to");
    return;
  }
  read(ends.front(), from);
  to = from;
  read(ends.back(), to);
  if (to < from) place.complain("the second number is smaller than the first");
}

void read_pace(Fields& fields, Pace& pace) {
  if (const auto tokens = fields.find("tokens")) {
    read_range(*tokens, pace.tokens_from, pace.tokens_to);
  }
  fields.read_into("first_token", pace.first_token);
  fields.read_into("tokens_per_second", pace.tokens_per_second);
  fields.read_into("thinking", pace.thinking);
  const auto cached = fields.find("cached");
  if (!cached) return;
  read(*cached, pace.cached);
  if (pace.cached > 1) cached->complain("expected a share from 0 to 1");
}

bool read_yes(const Place& place) {
  const bool yes = place.node.IsScalar() && place.node.as<bool>(false);
  if (!yes) place.complain("expected yes");
  return yes;
}

Limits read_limits(const Place& place) {
  Limits limits;
  Fields fields(place);
  fields.read_into("rpm", limits.rpm);
  fields.read_into("rpd", limits.rpd);
  fields.read_into("tpm", limits.tpm);
  fields.read_into("input_tpm", limits.input_tpm);
  fields.read_into("output_tpm", limits.output_tpm);
  fields.read_into("burst", limits.burst);
  fields.finish();
  if (limits.burst <= 0 || limits.burst > 1) {
    place.complain("burst: expected a share above 0 and up to 1");
  }
  return limits;
}

ModelLimits read_model_limits(const Place& place) {
  ModelLimits limits;
  if (!place.node.IsMap()) {
    place.complain("expected an object: a model pattern and its limits");
    return limits;
  }
  for (const auto& entry : place.node) {
    const std::string& pattern = entry.first.Scalar();
    const Place inner{entry.second, fmt::format("{}.{}", place.path, pattern), place.problems};
    limits.emplace_back(pattern, read_limits(inner));
  }
  return limits;
}

ModelPace read_model(const Place& place, const Pace& common) {
  ModelPace model{.match = {}, .pace = common};
  Fields fields(place);
  fields.require("match", model.match);
  read_pace(fields, model.pace);
  fields.finish();
  return model;
}

Key read_key(const Place& place) {
  Key key;
  Fields fields(place);
  fields.require("name", key.name);
  fields.require("secret", key.secret);
  fields.read_into("organization", key.organization);
  if (const auto limits = fields.find("limits")) key.limits = read_model_limits(*limits);
  fields.finish();
  return key;
}

http::Answer read_answer(const Place& place) {
  http::Answer answer;
  std::uint64_t status = 200;
  Fields fields(place);
  const auto status_place = fields.find("status");
  if (status_place) read(*status_place, status);
  if (status < 200 || status > 599) status_place->complain("expected a status from 200 to 599");
  answer.status = static_cast<int>(status);
  fields.read_into("body", answer.body);
  if (const auto headers = fields.find("headers")) {
    if (!headers->node.IsMap()) headers->complain("expected an object: header names and values");
    for (const auto& header : headers->node) {
      if (headers->node.IsMap() && header.second.IsScalar()) {
        answer.headers.push_back({header.first.Scalar(), header.second.Scalar()});
      }
    }
  }
  fields.finish();
  return answer;
}

void read_known_answer(const Place& place, Fault& fault) {
  std::string name;
  read(place, name);
  const KnownAnswer* known = known_answer(name);
  if (known) {
    say(*known, fault);
  } else {
    place.complain("there is no known answer of this name; docs/simulated-provider.md lists them");
  }
}

/// What a fault does: exactly one of these fields.
void read_action(Fields& fields, const Place& place, Fault& fault) {
  int actions = 0;
  const auto action = [&](std::string_view name, FaultKind kind) {
    const auto found = fields.find(name);
    if (!found) return found;
    ++actions;
    fault.kind = kind;
    return found;
  };
  if (const auto found = action("error", FaultKind::error)) {
    read_word(*found, kErrorKinds, fault.error);
  }
  if (const auto found = action("answer", FaultKind::answer)) fault.answer = read_answer(*found);
  if (const auto found = action("slow", FaultKind::slow)) read(*found, fault.delay);
  if (const auto found = action("garbage", FaultKind::garbage)) {
    read_yes(*found);
  }
  if (const auto found = action("raw", FaultKind::raw)) read(*found, fault.raw);
  if (const auto found = action("says", FaultKind::answer)) read_known_answer(*found, fault);
  const std::pair<std::string_view, FaultKind> placed[] = {
      {"reset", FaultKind::reset}, {"stall", FaultKind::stall}, {"cut", FaultKind::cut}};
  for (const auto& [name, kind] : placed) {
    if (const auto found = action(name, kind)) read_word(*found, kFaultPoints, fault.at);
  }
  if (actions != 1) {
    place.complain(
        "expected exactly one of error, says, answer, raw, reset, stall, cut, garbage, slow: what "
        "the fault does");
  }
  if (const auto then = fields.find("then")) {
    if (fault.kind != FaultKind::answer) then->complain("only what is said may end this way");
    read_word(*then, kAnswerEnds, fault.then);
  }
  if (const auto at = fields.find("at")) {
    if (fault.kind != FaultKind::error) {
      at->complain("only an error may say where it strikes this way");
    }
    read_word(*at, kFaultPoints, fault.at);
  }
}

Fault read_fault(const Place& place) {
  Fault fault;
  Fields fields(place);
  fields.read_into("keys", fault.keys);
  fields.read_into("models", fault.models);
  fields.read_into("paths", fault.paths);
  if (const auto calls = fields.find("calls")) {
    read_range(*calls, fault.first_call, fault.last_call);
    if (fault.first_call == 0) calls->complain("calls count from 1");
  }
  fields.read_into("from", fault.from);
  fields.read_into("until", fault.until);
  if (const auto probability = fields.find("probability")) {
    read(*probability, fault.probability);
    if (fault.probability > 1) probability->complain("expected a probability from 0 to 1");
  }
  read_action(fields, place, fault);
  fields.finish();
  return fault;
}

LimitChange read_change(const Place& place) {
  LimitChange change;
  Fields fields(place);
  fields.require("at", change.at);
  fields.require("key", change.key);
  const auto limits = fields.find("limits");
  if (limits) change.limits = read_model_limits(*limits);
  if (!limits) place.complain("the field limits is missing");
  fields.finish();
  return change;
}

void read_listen(const Place& place, Scenario& scenario) {
  std::string text;
  read(place, text);
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* first = text.data() + (colon == text.npos ? text.size() : colon + 1);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), port);
  if (colon == text.npos || error != std::errc{} || end != text.data() + text.size()) {
    place.complain("expected an address such as 127.0.0.1:9000");
    return;
  }
  scenario.host = text.substr(0, colon);
  if (scenario.host.starts_with('[') && scenario.host.ends_with(']')) {
    scenario.host = scenario.host.substr(1, scenario.host.size() - 2);
  }
  scenario.port = port;
}

void check_keys(const std::vector<Place>& places, const std::vector<Key>& keys) {
  std::set<std::string> names;
  std::set<std::string> secrets;
  std::set<std::string> organizations;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Key& key = keys[i];
    if (!names.insert(key.name).second) places[i].complain("another key has this name already");
    if (!secrets.insert(key.secret).second) {
      places[i].complain("another key has this secret already");
    }
    if (key.organization.empty() || organizations.insert(key.organization).second) continue;
    if (!key.limits.empty()) {
      places[i].complain("the limits of an organization are given with its first key only");
    }
  }
}

void read_scenario(const Place& root, Scenario& scenario) {
  Fields fields(root);
  if (const auto listen = fields.find("listen")) read_listen(*listen, scenario);
  fields.read_into("seed", scenario.seed);
  if (const auto scale = fields.find("time_scale")) {
    read(*scale, scenario.time_scale);
    if (scenario.time_scale <= 0) {
      scale->complain("expected a number above 0");
      scenario.time_scale = 1;
    }
  }
  if (const auto headers = fields.find("limit_headers")) {
    read_word(*headers, kLimitHeaders, scenario.limit_headers);
  }
  if (const auto pieces = fields.find("pieces")) {
    read_range(*pieces, scenario.pieces.from, scenario.pieces.to);
    if (scenario.pieces.from == 0) pieces->complain("expected sizes above 0");
  }
  if (const auto gzip = fields.find("gzip")) scenario.gzip = read_yes(*gzip);
  if (const auto answers = fields.find("answers")) {
    Fields pace(*answers);
    read_pace(pace, scenario.pace);
    pace.finish();
  }
  if (const auto models = fields.find("models")) {
    for (const Place& place : list_at(*models)) {
      scenario.models.push_back(read_model(place, scenario.pace));
    }
  }
  if (const auto keys = fields.find("keys")) {
    const auto places = list_at(*keys);
    for (const Place& place : places) scenario.keys.push_back(read_key(place));
    check_keys(places, scenario.keys);
  }
  if (const auto faults = fields.find("faults")) {
    for (const Place& place : list_at(*faults)) scenario.faults.push_back(read_fault(place));
  }
  if (const auto changes = fields.find("changes")) {
    for (const Place& place : list_at(*changes)) {
      const LimitChange& change = scenario.changes.emplace_back(read_change(place));
      const bool known =
          std::ranges::find(scenario.keys, change.key, &Key::name) != scenario.keys.end();
      if (!known) place.complain("there is no key of this name");
    }
  }
  fields.finish();
}

}  // namespace

std::expected<Scenario, std::string> load_scenario(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) {
    const std::error_code why(errno, std::generic_category());
    return std::unexpected(fmt::format("cannot read {}: {}", file.string(), why.message()));
  }
  std::ostringstream text;
  text << in.rdbuf();

  Problems problems(file.string());
  Scenario scenario;
  try {
    const YAML::Node root = YAML::Load(text.str());
    if (!root.IsNull()) read_scenario({root, "", &problems}, scenario);
  } catch (const YAML::Exception& error) {
    problems.add(error.mark, "", error.msg);
  }
  if (!problems.empty()) return std::unexpected(problems.text());
  return scenario;
}

}  // namespace keypool::lab
