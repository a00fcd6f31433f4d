#pragma once

#include <map>
#include <string>
#include <utility>

#include <keypool/secret_source.h>

namespace keypool {

/// A source that knows the values it was given, and counts how often it was asked.
class FixedSecrets final : public SecretSource {
 public:
  FixedSecrets(std::initializer_list<std::pair<const std::string, std::string>> values)
      : values_(values) {}

  [[nodiscard]] std::optional<Found> resolve(std::string_view name) const override {
    const auto value = values_.find(name);
    if (value == values_.end()) return std::nullopt;
    return Found{Secret(std::string_view(value->second)), "test"};
  }

  [[nodiscard]] std::vector<std::string> places(std::string_view name) const override {
    return {"test value " + std::string(name) + ": not set"};
  }

  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace keypool
